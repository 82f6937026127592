/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the subcommands of secctl share.
 */
#ifndef SECCTL_H
#define SECCTL_H

#include "../lib/args.h"
#include "../lib/codec.h"
#include "../lib/netlink.h"
#include "../lib/parse.h"
#include "../lib/print.h"

/* Exit status */
enum {
	SECCTL_OK = 0,
	SECCTL_USAGE = 1,	/* not understood, nothing was asked */
	SECCTL_REFUSED = 2,	/* the kernel said no, or is not there */
};

struct secctl {
	struct sec_diag diag;
	struct sec_nl nl;
	bool nl_open;
	struct sec_print print;
	int family;
	bool json, pretty;
	bool force;		/* a batch goes on after an error */
	bool dry;		/* parse only */
	bool in_batch;
	bool timestamp, timestamp_short;
	bool all_nsid;
	/* "restore" sets the defaults last, whatever line has them. */
	bool defer_defaults;
	struct sec_settings defaults;
	unsigned int items;	/* printed so far in a list */
	char where[64];		/* like "state add", for messages */
};

/* A verb of a subcommand; the first whose name a word abbreviates is taken. */
struct secctl_verb {
	const char *name;
	int (*run)(struct secctl *c, struct sec_args *a, int arg);
	int arg;
};

/*
 * Take the next word as a verb. Returns the exit status of its function.
 */
int secctl_verb(struct secctl *c, struct sec_args *a, const char *object,
		const struct secctl_verb *verbs);

/* Run one command line, without the options of the program. */
int secctl_command(struct secctl *c, char **word, int n);

/* Print the message in c->diag, with @prefix before it if not NULL. */
void secctl_complain(struct secctl *c, const char *prefix);

/* Fail with "unexpected word" unless all words are used. */
int secctl_no_more(struct sec_args *a);

/* Open the socket if it is not open yet. Returns 0 or -1 with a message. */
int secctl_open(struct secctl *c);

/* Send a request. Returns an exit status. */
int secctl_request(struct secctl *c, unsigned int cmd, unsigned int flags,
		   const struct sec_set *set, const void *obj, sec_nl_cb cb,
		   void *data);

/* Print one JSON value and drop it. */
void secctl_json(struct secctl *c, struct json_object *json);

/*
 * A list of objects: an array in JSON, else one after the other. The text of
 * an item is printed by the caller between secctl_item() and the next call.
 */
void secctl_list_begin(struct secctl *c);
void secctl_list_item(struct secctl *c, struct json_object *json);
void secctl_list_end(struct secctl *c);

/* Subcommands */
int secctl_state(struct secctl *c, struct sec_args *a);
int secctl_policy(struct secctl *c, struct sec_args *a);
int secctl_monitor(struct secctl *c, struct sec_args *a);
int secctl_stats(struct secctl *c, struct sec_args *a);
int secctl_settings(struct secctl *c, struct sec_args *a);
int secctl_explain(struct secctl *c, struct sec_args *a);
int secctl_save(struct secctl *c, struct sec_args *a);
int secctl_restore(struct secctl *c, struct sec_args *a);
int secctl_ike(struct secctl *c, struct sec_args *a);

/* Parts of "save" */
int secctl_save_states(struct secctl *c, const struct sec_sa_words *filter);
int secctl_save_policies(struct secctl *c,
			 const struct sec_policy_words *filter);

int secctl_settings_get(struct secctl *c, struct sec_settings *settings);
int secctl_settings_set(struct secctl *c, const struct sec_settings *settings);
int secctl_flush_all(struct secctl *c);

/* Run the commands of a file; "-" is the standard input. */
int secctl_batch(struct secctl *c, const char *file);

void secctl_help(FILE *out, const char *topic);

#endif /* SECCTL_H */
