/* SPDX-License-Identifier: MIT */
/*
 * switch_x86_64.S - the first frame of a coroutine, and the variable behind wf_m().
 * A shadow stack is not served: the note says IBT only.
 */
	.text
	.p2align 4
	nop			/* so that pc - 1 of the entry is still in here */
	.globl wf_g_entry
	.hidden wf_g_entry
	.type wf_g_entry, @function
wf_g_entry:
	.cfi_startproc
	.cfi_undefined rip
	.cfi_undefined rbp
	endbr64
	xorl %ebp, %ebp
	call wf_g_main
	ud2
	.cfi_endproc
	.size wf_g_entry, . - wf_g_entry

	.p2align 4
	.globl wf_ctx_jump
	.hidden wf_ctx_jump
	.type wf_ctx_jump, @function
wf_ctx_jump:			/* rdi: struct wf_ctx */
	.cfi_startproc
	endbr64
	movq 8(%rdi), %rcx
	movq 16(%rdi), %rbp
	movq 0(%rdi), %rsp
	.cfi_undefined rip
	notrack jmp *%rcx
	.cfi_endproc
	.size wf_ctx_jump, . - wf_ctx_jump

	.p2align 4
	.globl wf_m_set
	.hidden wf_m_set
	.type wf_m_set, @function
wf_m_set:
	.cfi_startproc
	endbr64
	movq wf_m_tls@gottpoff(%rip), %rax
	movq %rdi, %fs:(%rax)
	ret
	.cfi_endproc
	.size wf_m_set, . - wf_m_set

/* As for a signal's frame, debuggers do not mind that the caller's stack is another one. */
	.p2align 4
	.globl wf_call_on
	.hidden wf_call_on
	.type wf_call_on, @function
wf_call_on:			/* rdi: high end; rsi: function; rdx: its argument */
	.cfi_startproc
	.cfi_signal_frame
	endbr64
	pushq %rbp
	.cfi_def_cfa_offset 16
	.cfi_offset rbp, -16
	movq %rsp, %rbp
	.cfi_def_cfa_register rbp
	movq %rdi, %rsp
	movq %rdx, %rdi
	call *%rsi
	movq %rbp, %rsp
	popq %rbp
	.cfi_def_cfa rsp, 8
	ret
	.cfi_endproc
	.size wf_call_on, . - wf_call_on

	.section .tbss, "awT", @nobits
	.p2align 3
	.globl wf_m_tls
	.hidden wf_m_tls
	.type wf_m_tls, @object
	.size wf_m_tls, 8
wf_m_tls:
	.zero 8

	.section .note.gnu.property, "a", @note
	.p2align 3
	.long 4, 16, 5
	.asciz "GNU"
	.long 0xc0000002, 4, 1, 0	/* x86 features: IBT */

	.section .note.GNU-stack, "", @progbits
