/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The backend for the nfsec module: SAs, policies, what the daemon's own packets need, and
 * the events of the module. All of it is about the network namespace of the caller.
 */
#ifndef IKE_KERNEL_NFSEC_H
#define IKE_KERNEL_NFSEC_H

#include "kernel.h"

/* Who may send past all policies: packets with this mark. */
#define IKE_NFSEC_MARK 0x696b6532u

/**
 * struct ike_nfsec_opts - what only this backend knows about SAs and policies of a child
 * @priority: of policies, 0 for one that follows from their selectors
 * @replay_window: packets, 0 for no check
 * @tfc: least octets of an outbound packet in tunnel mode
 * @flags: enum nfsec_sa_flags
 * @mark_in: mark that packets of inbound SAs get, under @mask_in
 * @mark_out: the same for outbound ones, under @mask_out
 * @soft_bytes: octets after which the SA is to be replaced, 0 for never
 * @hard_bytes: octets after which it ends
 * @soft_packets: packets after which it is to be replaced
 * @hard_packets: packets after which it ends
 */
struct ike_nfsec_opts {
	uint32_t priority, replay_window, tfc, flags;
	uint32_t mark_in, mask_in, mark_out, mask_out;
	uint64_t soft_bytes, hard_bytes, soft_packets, hard_packets;
};

/**
 * struct ike_nfsec_event - what the module tells
 * @kind: which of them
 * @reqid: of the policy that met no SA, or of the SA
 * @spi: of the SA, network order
 * @dst: its destination
 * @at: where packets of the SA come from
 * @flow: @from and @to are those of the packet that met the policy
 * @from: its source, with the port or type and code of ICMP
 * @to: its destination
 */
struct ike_nfsec_event {
	enum {
		IKE_NFSEC_ACQUIRE,	/* a packet met a policy without an SA */
		IKE_NFSEC_SOFT,		/* an SA is to be replaced */
		IKE_NFSEC_HARD,		/* an SA came to its end */
		IKE_NFSEC_MAPPING,	/* packets of an SA come from elsewhere */
		IKE_NFSEC_LOST,		/* events were lost */
	} kind;
	uint32_t reqid, spi;
	struct ike_addr dst, at;
	bool flow;
	struct ike_ts from, to;
};

/**
 * struct ike_nfsec_conf - surroundings of the backend
 * @arg: first argument of the calls
 * @opts: options of the child with that reqid, NULL for none; may be NULL
 * @event: takes an event
 * @log: takes a line
 */
struct ike_nfsec_conf {
	void *arg;
	const struct ike_nfsec_opts *(*opts)(void *arg, uint32_t reqid);
	void (*event)(void *arg, const struct ike_nfsec_event *e);
	void (*log)(void *arg, const char *line);
};

struct ike_nfsec;

/* Opens the backend; NULL with a sentence in @err. Each of several is on its own. */
struct ike_nfsec *ike_nfsec_open(const struct ike_nfsec_conf *conf, char *err, size_t n);

/* Closes it. SAs and policies that were not taken away stay. */
void ike_nfsec_close(struct ike_nfsec *k);

/* Lets UDP with our ports @ports pass all policies: out what has IKE_NFSEC_MARK, in what is
 * for these ports, which the caller's sockets hold. 0, or -1 with a line in the log; with
 * @on false takes that back.
 */
int ike_nfsec_bypass(struct ike_nfsec *k, const uint16_t *ports, unsigned int n, bool on);

/* Removes the SAs that an earlier run left behind: those with reqids from @first to @last.
 * Their number, or -1.
 */
int ike_nfsec_sweep(struct ike_nfsec *k, uint32_t first, uint32_t last);

/* Whether there are such a cipher and integrity algorithm, each 0 for none. */
bool ike_nfsec_knows(uint16_t encr, uint16_t integ);

/* The descriptor of events, and what to call when it is readable. 0, or -1 if it is broken. */
int ike_nfsec_fd(const struct ike_nfsec *k);
int ike_nfsec_read(struct ike_nfsec *k);

/* First argument of the calls: struct ike_nfsec. */
extern const struct ike_kernel_ops ike_nfsec_ops;

#endif /* IKE_KERNEL_NFSEC_H */
