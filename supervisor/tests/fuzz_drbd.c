/* Any bytes as the kernel's word on DRBD, as a device's metadata, and as a message between relevod,
 * the drbd role and its workers: accepted ones must be safe to use. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "storage/drbd_deed.h"
#include "storage/drbd_event.h"
#include "storage/drbd_status.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use_mirror(struct site_drbd *mirror)
{
    static struct drbd_command command;
    mirror->place = (struct place){.file = ""};
    if (mirror->me == DRBD_NOBODY)
        return;
    for (int step = 0; step < DRBD_STEPS; step++) {
        drbd_command_make(mirror, (enum drbd_step)step, &command);
        for (uint32_t i = 0; i < command.argc; i++)
            if (strlen(command.argv[i]) >= DRBD_ARG_SIZE)
                abort();
    }
}

static void use_state(const struct drbd_state *state)
{
    static struct site_drbd want = {.name = "web"};
    struct drbd_view view = {.want = &want, .state = *state, .use = DRBD_USE_NONE, .now_ms = 1};
    struct drbd_plan plan;
    struct err e;
    drbd_plan_make(&view, &plan);
    for (int order = 0; order < DRBD_ORDERS; order++)
        drbd_plan_order(&view, (enum drbd_order)order, &plan, &e);
    if (drbd_role_name(state->role) == NULL || drbd_conn_name(state->conn) == NULL ||
        drbd_disk_name(state->disk) == NULL)
        abort();
}

static void use_event(void *data, size_t size)
{
    struct drbd_state state = {.resource = 1};
    struct drbd_event event;
    drbd_event_parse(data, size, &event);
    if (strlen(event.resource) >= DRBD_RESOURCE_SIZE || strlen(event.helper) >= sizeof event.helper)
        abort();
    drbd_event_apply(&event, &state);
    use_state(&state);
}

static void use_message(void *data, size_t size)
{
    if (drbd_config_ok(data, size)) {
        struct drbd_config *config = data;
        for (uint32_t i = 0; i < config->mirrors; i++)
            use_mirror(&config->mirror[i]);
    }
    if (drbd_deed_ok(data, size))
        use_mirror(&((struct drbd_deed *)data)->mirror);
    if (drbd_status_ok(data, size, 3))
        use_state(&((struct drbd_status *)data)->state);
    drbd_wish_ok(data, size, 3);
    drbd_deed_reply_ok(data, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    void *copy = malloc(size + 1);
    if (copy == NULL)
        return 0;
    memcpy(copy, data, size);
    use_event(copy, size);
    if (size >= DRBD_META_BLOCK)
        drbd_meta_judge(copy, "web");
    drbd_meta_name_data(copy, size);
    use_message(copy, size);
    free(copy);
    return 0;
}
