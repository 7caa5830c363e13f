/* SPDX-License-Identifier: MIT */
/*
 * cmd_doctor.c - weft doctor: alerts in plain words, worst first.
 */
#include "cli/session.h"
#include "export/json.h"
#include "export/rows.h"
#include "export/text.h"

static void print_text(const struct wf_session *s, const json_t *alerts)
{
    const struct wf_trace_info *info = wf_model_info(s->model);

    if (json_array_size(alerts) == 0)
        puts("nothing to warn of");
    else
        wf_text_alerts(stdout, alerts);
    if (info->complete)
        return;
    fputs("\nthe trace is not complete: ", stdout);
    if (info->lost_events)
        printf("%llu events are known to be lost, and ",
               (unsigned long long)info->lost_events);
    puts("what was not seen cannot be judged");
}

int wf_cmd_doctor(int argc, char **argv)
{
    struct wf_session s;
    int status = wf_session_options(&s, "doctor", argc, argv, 1);

    if (status < 0)
        status = wf_session_load(&s);
    if (status < 0) {
        json_t *document = wf_json_document(s.model, "doctor",
                                            wf_list_rows(s.model, "alerts"));
        if (wf_opt_given(&s.options, "json"))
            wf_json_write(stdout, document);
        else
            print_text(&s, json_object_get(document, "rows"));
        json_decref(document);
        status = wf_session_status(&s, WF_EXIT_OK);
    }
    wf_session_fini(&s);
    return status;
}
