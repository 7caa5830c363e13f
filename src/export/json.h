/* SPDX-License-Identifier: MIT */
/*
 * export/json.h - the model as JSON documents, by their schemas in share/schema.
 */
#ifndef WF_EXPORT_JSON_H
#define WF_EXPORT_JSON_H
#include <jansson.h>
#include <stdio.h>

#include "model/model.h"

/* The caller's, all three.  Text is clean; running out of memory is fatal. */
json_t *wf_json_trace(const struct wf_trace_info *info);
json_t *wf_json_process(const struct wf_trace_info *info);
/* weft.summary/1 */
json_t *wf_json_summary(struct wf_model *md);
/* {"schema":"weft.COMMAND/1","trace":{...},"rows":rows}; takes rows. */
json_t *wf_json_document(struct wf_model *md, const char *command, json_t *rows);
/* The document and a newline. */
void wf_json_write(FILE *f, const json_t *document);
#endif /* WF_EXPORT_JSON_H */
