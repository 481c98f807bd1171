# What is made from the options of the configuration: the example, which the program can be started with where it was
# built, and the manual page. By awk alone, so that it works where what is built cannot be run.
function(reference form template output)
  set(options ${PROJECT_SOURCE_DIR}/core/config/options.def)
  set(script ${PROJECT_SOURCE_DIR}/core/config/reference.awk)
  get_filename_component(folder ${output} DIRECTORY)
  file(MAKE_DIRECTORY ${folder})
  add_custom_command(OUTPUT ${output}
    COMMAND awk -v form=${form} -v version=${PROJECT_VERSION} -f ${script} ${options} ${template} > ${output}
    DEPENDS ${options} ${script} ${template} VERBATIM)
endfunction()

reference(example ${PROJECT_SOURCE_DIR}/core/config/socgi.conf.in ${PROJECT_BINARY_DIR}/socgi.conf)
reference(manual ${CMAKE_CURRENT_LIST_DIR}/socgi.conf.5.in ${CMAKE_CURRENT_BINARY_DIR}/man5/socgi.conf.5)
add_custom_target(socgi_reference ALL DEPENDS ${PROJECT_BINARY_DIR}/socgi.conf ${CMAKE_CURRENT_BINARY_DIR}/man5/socgi.conf.5)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/man5/socgi.conf.5 DESTINATION ${CMAKE_INSTALL_MANDIR}/man5)

# The manual pages of the SDK, made from its headers, and one for each function that leads to them.
set(manual ${CMAKE_CURRENT_BINARY_DIR}/man3)

# manual_page(HEADER SECTION ALSO): socgi-HEADER.3, whose entries outside of a group stand in SECTION.
function(manual_page header section also)
  set(text ${PROJECT_SOURCE_DIR}/include/socgi/${header}.h)
  set(script ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/manual.awk)
  add_custom_command(OUTPUT man3/${header}/socgi-${header}.3
    COMMAND ${CMAKE_COMMAND} -E rm -rf ${manual}/${header}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${manual}/${header}
    COMMAND awk -v name=socgi-${header} -v "date=November 21, 2026" -v version=${PROJECT_VERSION} -v "first=${section}"
      -v "also=${also}" -v links=${manual}/${header} -f ${script} ${text} > ${manual}/${header}/socgi-${header}.3
    DEPENDS ${text} ${script} VERBATIM)
  install(DIRECTORY ${manual}/${header}/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man3 COMPONENT dev)
endfunction()

manual_page(plugin "The plugin" "socgi 1,socgi-testing 3,socgi.conf 5")
manual_page(testing "The bench" "socgi-plugin 3")
add_custom_target(socgi_manual ALL DEPENDS man3/plugin/socgi-plugin.3 man3/testing/socgi-testing.3)
install(FILES ${PROJECT_SOURCE_DIR}/include/socgi/ABI.md DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT dev)
