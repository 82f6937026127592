/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A kernel side that lives in the test: it keeps what secctl sends and dumps
 * it back, so that tables can be compared and single messages looked at.
 */
#ifndef SEC_FAKE_H
#define SEC_FAKE_H

#include "../secctl/secctl.h"

struct fake {
	struct sec_list sa;		/* struct sec_sa */
	struct sec_list policy;		/* struct sec_policy */
	struct sec_settings settings;
	/* The last request. */
	unsigned int cmd, flags;
	uint8_t attrs[SEC_NL_TX_SIZE];
	size_t len;
	/* The answer to NFSEC_CMD_LOOKUP and NFSEC_CMD_STATS_GET. */
	struct sec_lookup lookup;
	struct sec_stats stats;
	/* For each command how often it came. */
	unsigned int seen[NFSEC_CMD_MAX + 1];
	/* Whether a setting ever let unmatched packets pass. */
	unsigned int opened;
};

extern struct fake fake;

/* A program state whose requests go to the fake kernel. */
struct secctl *fake_secctl(void);
void fake_reset(void);

/*
 * Run one command line. Returns its exit status; the message, if any, is in
 * @msg. What it printed is in fake_output().
 */
int fake_run(struct secctl *c, const char *line, char *msg, size_t size);
int fake_batch(struct secctl *c, const char *verb, const char *text,
	       char *msg, size_t size);
const char *fake_output(void);

/* Both tables as canonical netlink attributes, in hexadecimal. */
char *fake_tables(void);

/* Attributes as text: "type=hex" and "type={...}" for nests. */
void fake_attrs_text(const void *attrs, size_t len, char *buf, size_t size);

#endif /* SEC_FAKE_H */
