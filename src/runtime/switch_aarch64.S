/* SPDX-License-Identifier: MIT */
/*
 * switch_aarch64.S - the first frame of a coroutine, and the variable behind wf_m().
 */
	.text
	.p2align 4
	nop			/* so that pc - 1 of the entry is still in here */
	.globl wf_g_entry
	.hidden wf_g_entry
	.type wf_g_entry, %function
wf_g_entry:
	.cfi_startproc
	.cfi_undefined x30
	.cfi_undefined x29
	hint #38		/* bti jc */
	mov x29, xzr
	mov x30, xzr
	bl wf_g_main
	brk #1
	.cfi_endproc
	.size wf_g_entry, . - wf_g_entry

	.p2align 4
	.globl wf_ctx_jump
	.hidden wf_ctx_jump
	.type wf_ctx_jump, %function
wf_ctx_jump:			/* x0: struct wf_ctx */
	.cfi_startproc
	hint #34		/* bti c */
	ldp x10, x16, [x0]
	ldr x29, [x0, #16]
	mov sp, x10
	.cfi_undefined x30
	br x16
	.cfi_endproc
	.size wf_ctx_jump, . - wf_ctx_jump

	.p2align 4
	.globl wf_m_set
	.hidden wf_m_set
	.type wf_m_set, %function
wf_m_set:
	.cfi_startproc
	hint #34
	adrp x1, :gottprel:wf_m_tls
	ldr x1, [x1, #:gottprel_lo12:wf_m_tls]
	mrs x2, tpidr_el0
	str x0, [x2, x1]
	ret
	.cfi_endproc
	.size wf_m_set, . - wf_m_set

/* As for a signal's frame, debuggers do not mind that the caller's stack is another one. */
	.p2align 4
	.globl wf_call_on
	.hidden wf_call_on
	.type wf_call_on, %function
wf_call_on:			/* x0: high end; x1: function; x2: its argument */
	.cfi_startproc
	.cfi_signal_frame
	hint #34		/* bti c */
	stp x29, x30, [sp, #-16]!
	.cfi_def_cfa_offset 16
	.cfi_offset x29, -16
	.cfi_offset x30, -8
	mov x29, sp
	.cfi_def_cfa_register x29
	mov sp, x0
	mov x0, x2
	blr x1
	mov sp, x29
	ldp x29, x30, [sp], #16
	.cfi_def_cfa sp, 0
	.cfi_restore x29
	.cfi_restore x30
	ret
	.cfi_endproc
	.size wf_call_on, . - wf_call_on

	.section .tbss, "awT", %nobits
	.p2align 3
	.globl wf_m_tls
	.hidden wf_m_tls
	.type wf_m_tls, %object
	.size wf_m_tls, 8
wf_m_tls:
	.zero 8

	.section .note.GNU-stack, "", %progbits
