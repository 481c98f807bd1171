/* Runs libcurl's multi interface in the test's own thread. */
#include "fetch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t take(char *data, size_t size, size_t count, void *user) {
    struct fetch *fetch = user;
    (void)size; /* always 1 */
    if (fetch->length + count + 1 > fetch->capacity) {
        size_t capacity = 2 * (fetch->length + count + 1);
        char *body = realloc(fetch->body, capacity);
        if (!body) {
            return 0;
        }
        fetch->body = body;
        fetch->capacity = capacity;
    }
    memcpy(fetch->body + fetch->length, data, count);
    fetch->length += count;
    fetch->body[fetch->length] = '\0';
    return count;
}

static size_t give(char *data, size_t size, size_t count, void *user) {
    struct fetch *fetch = user;
    size_t most = size * count;
    size_t left = fetch->upload_length - fetch->uploaded;
    size_t length = left < most ? left : most;
    memcpy(data, (const char *)fetch->upload + fetch->uploaded, length);
    fetch->uploaded += length;
    return length;
}

static void fetch_prepare(const struct server *server, struct fetch *fetch) {
    char url[512];
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", server->port, fetch->path);
    fetch->result = CURLE_FAILED_INIT;
    fetch->handle = curl_easy_init();
    assert_non_null(fetch->handle);
    CURL *handle = fetch->handle;
    curl_easy_setopt(handle, CURLOPT_URL, url);
    curl_easy_setopt(handle, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(handle, CURLOPT_PROXY, "");
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, (long)WAIT_MS);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, fetch);
    curl_easy_setopt(handle, CURLOPT_PRIVATE, fetch);
    if (fetch->upload) {
        curl_easy_setopt(handle, CURLOPT_POST, 1L);
        curl_easy_setopt(handle, CURLOPT_READFUNCTION, give);
        curl_easy_setopt(handle, CURLOPT_READDATA, fetch);
        curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE,
                         fetch->chunked ? (curl_off_t)-1 : (curl_off_t)fetch->upload_length);
        if (fetch->chunked) {
            fetch->fields = curl_slist_append(fetch->fields, "Transfer-Encoding: chunked");
        }
    }
    if (fetch->method && strcmp(fetch->method, "HEAD") == 0) {
        curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
    } else if (fetch->method) {
        curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, fetch->method);
    }
    if (fetch->encoding) {
        curl_easy_setopt(handle, CURLOPT_ACCEPT_ENCODING, fetch->encoding);
    }
    if (fetch->field) {
        fetch->fields = curl_slist_append(fetch->fields, fetch->field);
    }
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, fetch->fields);
}

static void fetch_finish(struct fetch *fetch, CURLcode result) {
    const char *type = NULL;
    fetch->result = result;
    curl_easy_getinfo(fetch->handle, CURLINFO_RESPONSE_CODE, &fetch->status);
    curl_easy_getinfo(fetch->handle, CURLINFO_CONTENT_TYPE, &type);
    (void)snprintf(fetch->type, sizeof(fetch->type), "%s", type ? type : "");
    if (!fetch->body) {
        fetch->body = strdup("");
    }
    curl_easy_cleanup(fetch->handle);
    curl_slist_free_all(fetch->fields);
    fetch->handle = NULL;
    fetch->fields = NULL;
}

void fetch_one(const struct server *server, struct fetch *fetch) {
    fetch_prepare(server, fetch);
    fetch_finish(fetch, curl_easy_perform(fetch->handle));
}

void fetch_all(const struct server *server, struct fetch *fetches, size_t count, long connections,
               void (*progress)(void *data, size_t done), void *data) {
    CURLM *multi = curl_multi_init();
    assert_non_null(multi);
    curl_multi_setopt(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, connections);
    for (size_t i = 0; i < count; i++) {
        fetch_prepare(server, &fetches[i]);
        curl_multi_add_handle(multi, fetches[i].handle);
    }
    size_t done = 0;
    for (int running = 1; done < count;) {
        assert_int_equal(curl_multi_perform(multi, &running), CURLM_OK);
        int left;
        for (const CURLMsg *message; (message = curl_multi_info_read(multi, &left));) {
            struct fetch *fetch = NULL;
            CURLcode result = message->data.result;
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &fetch);
            curl_multi_remove_handle(multi, fetch->handle);
            fetch_finish(fetch, result);
            done++;
            if (progress) {
                progress(data, done);
            }
        }
        if (done < count) {
            assert_int_equal(curl_multi_poll(multi, NULL, 0, 1000, NULL), CURLM_OK);
        }
    }
    curl_multi_cleanup(multi);
}

void fetch_free(struct fetch *fetches, size_t count) {
    for (size_t i = 0; i < count; i++) {
        free(fetches[i].body);
        fetches[i].body = NULL;
        fetches[i].length = 0;
        fetches[i].uploaded = 0;
    }
}

void fetch_expect(const struct server *server, const char *path, long status, const char *body) {
    struct fetch fetch = {.path = path};
    fetch_one(server, &fetch);
    assert_int_equal(fetch.result, CURLE_OK);
    assert_int_equal(fetch.status, status);
    if (body) {
        assert_string_equal(fetch.body, body);
    }
    fetch_free(&fetch, 1);
}
