/* SPDX-License-Identifier: MIT */
/*
 * export/text.h - documents for people: the same keys in the same order, with units.
 */
#ifndef WF_EXPORT_TEXT_H
#define WF_EXPORT_TEXT_H
#include <jansson.h>
#include <stdio.h>

/* A weft.summary/1; of each list the ten largest rows. */
void wf_text_summary(FILE *f, const json_t *summary);
/* Alerts in plain words: what, when, how we know, what to do. */
void wf_text_alerts(FILE *f, const json_t *alerts);
#endif /* WF_EXPORT_TEXT_H */
