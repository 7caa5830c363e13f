/* SPDX-License-Identifier: MIT */
/*
 * switch.h - from one stack to another.
 * The switch stands in line, so that no return address is pushed for it, and jumps, as
 * the processor would mispredict a return.  It saves three registers; the compiler
 * knows that all others are lost.  Signal mask, rounding modes and the like belong to
 * the thread and stay.
 */
#ifndef WF_RUNTIME_SWITCH_H
#define WF_RUNTIME_SWITCH_H

/* Where a stack that does not run goes on.  switch_ARCH.S knows the offsets. */
struct wf_ctx {
    void *sp, *pc, *fp;
};

struct wf_m;

/* Where a new coroutine begins: calls wf_g_main.  No frame is above it. */
void wf_g_entry(void);
_Noreturn void wf_g_main(void);

/* Set what wf_m() returns on this thread. */
void wf_m_set(struct wf_m *m);

/* Go to another stack and never come back. */
_Noreturn void wf_ctx_jump(const struct wf_ctx *to);

/* Call fn(arg) on the stack that ends at hi, and come back. */
void wf_call_on(char *hi, void (*fn)(void *), void *arg);

/* A stack on which nothing has run: hi is 16-aligned. */
static inline void wf_ctx_init(struct wf_ctx *ctx, char *hi)
{
    ctx->sp = hi - 16; /* as a call leaves it, zeros above */
    ctx->pc = (void *)wf_g_entry;
    ctx->fp = 0;
}

#ifdef __AVX512F__
#define WF_CLOBBER_AVX512                                                              \
    , "xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23", "xmm24", \
        "xmm25", "xmm26", "xmm27", "xmm28", "xmm29", "xmm30", "xmm31", "k1", "k2",     \
        "k3", "k4", "k5", "k6", "k7"
#else
#define WF_CLOBBER_AVX512
#endif

/* Returns when somebody switches back to from, perhaps on another thread. */
static inline __attribute__((always_inline)) void wf_ctx_switch(struct wf_ctx *from,
                                                                const struct wf_ctx *to)
{
#if defined(__x86_64__)
    __asm__ volatile("leaq 1f(%%rip), %%rax\n\t"
                     "movq %%rsp, 0(%0)\n\t"
                     "movq %%rax, 8(%0)\n\t"
                     "movq %%rbp, 16(%0)\n\t"
                     "movq 8(%1), %%rcx\n\t"
                     "movq 16(%1), %%rbp\n\t"
                     "movq 0(%1), %%rsp\n\t"
                     "notrack jmp *%%rcx\n"
                     "1:\tendbr64"
                     : "+D"(from), "+S"(to)
                     :
                     : "rax", "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12",
                       "r13", "r14", "r15", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4",
                       "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11",
                       "xmm12", "xmm13", "xmm14", "xmm15" WF_CLOBBER_AVX512, "cc",
                       "memory");
#else
    register struct wf_ctx *x0 __asm__("x0") = from;
    register const struct wf_ctx *x1 __asm__("x1") = to;
    __asm__ volatile("adr x9, 1f\n\t"
                     "mov x10, sp\n\t"
                     "stp x10, x9, [%0]\n\t"
                     "str x29, [%0, #16]\n\t"
                     "ldp x10, x16, [%1]\n\t"
                     "ldr x29, [%1, #16]\n\t"
                     "mov sp, x10\n\t"
                     "br x16\n"
                     "1:\thint #36" /* bti j */
                     : "+r"(x0), "+r"(x1)
                     :
                     : "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11",
                       "x12", "x13", "x14", "x15", "x16", "x17", "x18", "x19", "x20",
                       "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28", "x30",
                       "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9",
                       "v10", "v11", "v12", "v13", "v14", "v15", "v16", "v17", "v18",
                       "v19", "v20", "v21", "v22", "v23", "v24", "v25", "v26", "v27",
                       "v28", "v29", "v30", "v31", "cc", "memory");
#endif
}

#endif /* WF_RUNTIME_SWITCH_H */
