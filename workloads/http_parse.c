/* SPDX-License-Identifier: MIT */
/*
 * http_parse.c - one HTTP message at a time, by llhttp, with the refusals it leaves to us:
 * bare LF and NUL in the header, transfer codings other than chunked, versions other
 * than 1.0 and 1.1, no host or two, and everything over a limit.
 */
#include <errno.h>
#include <llhttp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http.h"

struct http_parser {
    llhttp_t ll;
    llhttp_settings_t settings;
    const struct http_limits *limits;
    struct http_request rq;
    size_t header_seen;     /* bytes of the header so far */
    unsigned line;          /* of the header, 0 is the request's */
    char last;              /* byte looked at */
    bool last_space, colon; /* it was space; the line's colon has come */
    bool in_header, expect, expect_told;
    bool field_te, field_expect; /* the header being read */
    char field[20], value[40];   /* as much of it as matters */
    size_t field_len, value_len, target_len;
    unsigned hosts; /* fields of that name */
    char target[1024];
    char *body;
    size_t body_len, body_size;
    int status; /* the refusal, or the answer's status */
};

static int refuse(struct http_parser *p, int status)
{
    if (!p->status)
        p->status = status;
    return HPE_USER;
}

static int on_url(llhttp_t *ll, const char *at, size_t len)
{
    struct http_parser *p = ll->data;

    if (p->target_len + len >= sizeof p->target)
        return refuse(p, 414);
    memcpy(p->target + p->target_len, at, len);
    p->target_len += len;
    return 0;
}

static int on_field(llhttp_t *ll, const char *at, size_t len)
{
    struct http_parser *p = ll->data;

    for (size_t i = 0; i < len && p->field_len < sizeof p->field - 1; i++)
        p->field[p->field_len++] = at[i];
    return 0;
}

static int on_field_complete(llhttp_t *ll)
{
    struct http_parser *p = ll->data;

    p->field[p->field_len] = '\0';
    p->value_len = 0;
    return 0;
}

static int on_value(llhttp_t *ll, const char *at, size_t len)
{
    struct http_parser *p = ll->data;

    for (size_t i = 0; i < len && p->value_len < sizeof p->value - 1; i++)
        p->value[p->value_len++] = at[i];
    return 0;
}

static int on_value_complete(llhttp_t *ll)
{
    struct http_parser *p = ll->data;

    while (p->value_len &&
           (p->value[p->value_len - 1] == ' ' || p->value[p->value_len - 1] == '\t'))
        p->value_len--;
    p->value[p->value_len] = '\0';
    p->field_len = 0;
    if (!strcasecmp(p->field, "transfer-encoding") &&
        strcasecmp(p->value, "chunked") != 0)
        return refuse(p, 400);
    p->hosts += !strcasecmp(p->field, "host");
    if (!strcasecmp(p->field, "expect")) {
        if (strcasecmp(p->value, "100-continue") != 0)
            return refuse(p, 417);
        p->expect = true;
    }
    return 0;
}

static int on_version_complete(llhttp_t *ll)
{
    if (ll->http_major != 1 || ll->http_minor > 1)
        return refuse(ll->data, 505);
    return 0;
}

static int on_headers_complete(llhttp_t *ll)
{
    struct http_parser *p = ll->data;

    p->in_header = false;
    if ((ll->flags & F_CONTENT_LENGTH) && ll->content_length > p->limits->max_body)
        return refuse(p, 413);
    if (ll->type == HTTP_REQUEST && (p->hosts > 1 || p->hosts < ll->http_minor))
        return refuse(p, 400); /* RFC 9112, 3.2: one, or for HTTP/1.0 none */
    if (ll->flags & F_TRANSFER_ENCODING && ll->http_minor == 0)
        return refuse(p, 400); /* HTTP/1.0 knows no codings: somebody is smuggling */
    return 0;
}

static int on_body(llhttp_t *ll, const char *at, size_t len)
{
    struct http_parser *p = ll->data;

    if (len > p->limits->max_body - p->body_len)
        return refuse(p, 413);
    if (p->body_len + len > p->body_size) {
        size_t size = (p->body_len + len) * 2;
        char *body = realloc(p->body, size);
        if (!body)
            return refuse(p, 503);
        p->body = body;
        p->body_size = size;
    }
    memcpy(p->body + p->body_len, at, len);
    p->body_len += len;
    return 0;
}

static int on_message_complete(llhttp_t *ll)
{
    (void)ll;
    return HPE_PAUSED; /* what follows is the next message */
}

struct http_parser *http_parser_new(bool server, const struct http_limits *l)
{
    struct http_parser *p = calloc(1, sizeof *p);

    if (!p)
        return NULL;
    llhttp_settings_init(&p->settings);
    p->settings.on_url = on_url;
    p->settings.on_header_field = on_field;
    p->settings.on_header_field_complete = on_field_complete;
    p->settings.on_header_value = on_value;
    p->settings.on_header_value_complete = on_value_complete;
    p->settings.on_version_complete = on_version_complete;
    p->settings.on_headers_complete = on_headers_complete;
    p->settings.on_body = on_body;
    p->settings.on_message_complete = on_message_complete;
    llhttp_init(&p->ll, server ? HTTP_REQUEST : HTTP_RESPONSE, &p->settings);
    p->ll.data = p;
    p->limits = l;
    p->in_header = true;
    return p;
}

void http_parser_free(struct http_parser *p)
{
    if (p)
        free(p->body);
    free(p);
}

void http_parser_reset(struct http_parser *p)
{
    enum { BODY_KEPT = 64 * 1024 };

    llhttp_reset(&p->ll);
    if (p->body_size > BODY_KEPT) {
        free(p->body);
        p->body = NULL;
        p->body_size = 0;
    }
    p->last = '\0';
    p->line = 0;
    p->header_seen = p->field_len = p->value_len = p->target_len = p->body_len = 0;
    p->hosts = 0;
    p->in_header = true;
    p->last_space = p->colon = p->expect = p->expect_told = false;
    p->status = 0;
}

/*
 * Bytes of the header must be text with CRLF, not too many, and lines of it neither begin
 * with space (folding is long gone) nor have any before the colon; else status is set.
 */
static void check_header(struct http_parser *p, const char *data, size_t len)
{
    for (size_t i = 0; i < len && !p->status; i++) {
        char c = data[i];
        bool space = c == ' ' || c == '\t';
        if (c == '\0' || (c == '\n') != (p->last == '\r'))
            p->status = 400; /* a CR must be followed by LF, a LF must follow CR */
        else if (++p->header_seen > p->limits->max_header)
            p->status = 431;
        else if (p->line > 0 && !p->colon &&
                 ((space && p->last == '\n') || (c == ':' && p->last_space)))
            p->status = 400;
        p->colon = c != '\n' && (p->colon || c == ':');
        p->line += c == '\n' && p->header_seen > 2; /* an empty line may come first */
        p->last = c;
        p->last_space = space;
    }
}

/* A method we do not know, in a line that has the form of a request's. */
static bool is_method(const char *line, size_t len)
{
    size_t n = 0;

    while (n < len && ((line[n] >= 'A' && line[n] <= 'Z') || line[n] == '-'))
        n++;
    return n > 0 && n < len && line[n] == ' ';
}

/* Which answer a message deserves that llhttp refused in the line at. */
static int status_of(const struct http_parser *p, llhttp_errno_t err, const char *at,
                     size_t n)
{
    if (p->status)
        return p->status;
    if (err == HPE_INVALID_VERSION)
        return 505;
    return err == HPE_INVALID_METHOD && is_method(at, n) ? 501 : 400;
}

static void split_target(struct http_parser *p)
{
    const char *q;
    size_t path;

    p->target[p->target_len] = '\0';
    path = strcspn(p->target, "?");
    q = p->target[path] ? p->target + path + 1 : "";
    p->rq.path[0] = p->rq.query[0] = '\0';
    if (path < sizeof p->rq.path)
        snprintf(p->rq.path, sizeof p->rq.path, "%.*s", (int)path, p->target);
    if (strlen(q) < sizeof p->rq.query)
        snprintf(p->rq.query, sizeof p->rq.query, "%s", q);
}

static void finish(struct http_parser *p)
{
    if (p->ll.type == HTTP_RESPONSE) {
        p->status = p->ll.status_code;
    } else {
        p->rq.method = llhttp_method_name((llhttp_method_t)p->ll.method);
        p->rq.head = p->ll.method == HTTP_HEAD;
        split_target(p);
    }
    p->rq.minor = p->ll.http_minor;
    p->rq.keep_alive = llhttp_should_keep_alive(&p->ll);
    p->rq.body = p->body_len ? p->body : "";
    p->rq.body_len = p->body_len;
}

enum http_parsed http_parser_feed(struct http_parser *p, const char *data, size_t len,
                                  size_t *used)
{
    llhttp_errno_t err;

    *used = 0;
    while (*used < len) {
        const char *at = data + *used;
        size_t n = len - *used;
        if (p->in_header) {
            const char *lf = memchr(at, '\n', n); /* a line at a time */
            n = lf ? (size_t)(lf - at) + 1 : n;
            check_header(p, at, n);
            if (p->status)
                return HTTP_ERROR;
        }
        err = llhttp_execute(&p->ll, at, n);
        if (err == HPE_PAUSED) {
            *used += (size_t)(llhttp_get_error_pos(&p->ll) - at);
            llhttp_resume(&p->ll);
            finish(p);
            return HTTP_DONE;
        }
        if (err != HPE_OK) {
            p->status = status_of(p, err, at, n);
            return HTTP_ERROR;
        }
        *used += n;
    }
    if (!p->in_header && p->expect && !p->expect_told) {
        p->expect_told = true;
        return HTTP_EXPECT;
    }
    return HTTP_MORE;
}

const struct http_request *http_parser_request(const struct http_parser *p)
{
    return &p->rq;
}

int http_parser_status(const struct http_parser *p)
{
    return p->status;
}

bool http_query_number(const struct http_request *rq, const char *key, uint64_t max,
                       uint64_t *out)
{
    size_t n = strlen(key);

    for (const char *s = rq->query; s; s = strchr(s, '&')) {
        s += *s == '&';
        if (strncmp(s, key, n) != 0 || s[n] != '=')
            continue;
        uint64_t v = 0;
        const char *d = s + n + 1;
        if (*d < '0' || *d > '9')
            return false;
        for (; *d >= '0' && *d <= '9'; d++) {
            v = v * 10 + (uint64_t)(*d - '0');
            if (v > max)
                return false;
        }
        *out = v;
        return *d == '\0' || *d == '&';
    }
    return false;
}

const char *http_status_text(int status)
{
    static const struct {
        int status;
        const char *text;
    } texts[] = {
        { 200, "OK" },
        { 400, "Bad Request" },
        { 404, "Not Found" },
        { 405, "Method Not Allowed" },
        { 408, "Request Timeout" },
        { 413, "Content Too Large" },
        { 414, "URI Too Long" },
        { 417, "Expectation Failed" },
        { 431, "Request Header Fields Too Large" },
        { 500, "Internal Server Error" },
        { 501, "Not Implemented" },
        { 503, "Service Unavailable" },
        { 505, "HTTP Version Not Supported" },
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i].status == status)
            return texts[i].text;
    return "Unknown";
}
