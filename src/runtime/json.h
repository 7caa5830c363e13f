/* SPDX-License-Identifier: MIT */
/*
 * json.h - one line of JSON, written into memory of the caller's.
 * Nothing is written beyond size, but at goes on: in the end it tells how much was
 * wanted.  So who sees that something did not fit can set at back and leave it out.
 */
#ifndef WF_RUNTIME_JSON_H
#define WF_RUNTIME_JSON_H
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of a text that are looked at; what is no character takes 4 for each. */
enum { WF_JSON_TEXT = 1024 };

struct wf_json {
    char *out;
    size_t size, at;
    bool first;                   /* nothing stands in this object or array yet */
    char clean[WF_JSON_TEXT + 1]; /* of wf_json_string */
};

/* An object or array begins and ends, as a value: "{", "}", "[", "]". */
void wf_json_open(struct wf_json *j, const char *brace);
void wf_json_close(struct wf_json *j, const char *brace);
/* Before an element of an array; before a value of an object, with its key. */
void wf_json_next(struct wf_json *j);
void wf_json_key(struct wf_json *j, const char *key);
/* The first n bytes of text as a string, cut between characters to take at most `most`
 * bytes with its quotes; true: all of it. */
bool wf_json_string(struct wf_json *j, const char *text, size_t n, size_t most);
/* A number; what is none in JSON is a string: "NaN", "Infinity", "-Infinity". */
void wf_json_real(struct wf_json *j, double v);
/* As printf, without any quoting. */
void wf_json_raw(struct wf_json *j, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif /* WF_RUNTIME_JSON_H */
