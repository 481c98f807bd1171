/*
 * The service of plugins: what the client room is given for its listeners, and what the pools are given for their jobs.
 * It is the only room that knows both: a request's path leads to a plugin of the generation that serves, the request
 * becomes a job of that plugin's pool, and what becomes of the job is the client's answer.
 */
#ifndef SERVICE_SERVICE_H
#define SERVICE_SERVICE_H

#include "base/list.h"
#include "cache/cache.h"
#include "client/service.h"
#include "pool/job.h"

struct clients;
struct generations;
struct pools;
struct record;

struct plugin_service {
    struct service service;   /* for listeners */
    struct job_events events; /* for pools */
    struct clients *clients;
    struct pools *pools;
    struct generations *generations;
    struct record *record;
    struct cache cache;   /* of answers: see service/caching.h */
    struct list untraced; /* of struct ticket: requests whose answer waits for a trace */
};

/* Prepares it; the rooms need not be open yet. */
void plugin_service_open(struct plugin_service *service, struct clients *clients, struct pools *pools,
                         struct generations *generations, struct record *record);

#endif
