// SPDX-License-Identifier: GPL-2.0
/*
 * secike - IKE for nfsec.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <syslog.h>
#include <unistd.h>

#include "../../module/version.h"
#include "ctl_path.h"
#include "daemon.h"
#include "priv.h"
#include "ready.h"

#define CONF_PATH "/etc/secike/secike.conf"

static int usage(FILE *out)
{
	fputs("usage: secike [-c FILE] [-s SOCKET] [-r MS,TRIES] [-m FILE] [-t] [-w]\n"
	      "              [-k] [-l] [-u] [-V]\n"
	      "  -c FILE    configuration, " CONF_PATH " if not given\n"
	      "  -s SOCKET  where secctl finds us; its place depends on the network\n"
	      "             namespace if it is not given\n"
	      "  -r MS,N    send a message again after so many milliseconds, then at\n"
	      "             growing intervals, at most N times; 4000,5 if not given\n"
	      "  -m FILE    write metrics there every ten seconds, in OpenMetrics format\n"
	      "  -t         read the configuration, say what is wrong with it, and end\n"
	      "  -w         weak algorithms may be used\n"
	      "  -k         at the end, leave policies that protect in the kernel\n"
	      "  -l         log to syslog instead of standard error\n"
	      "  -u         make any system call, to find out what went wrong\n"
	      "  -V         version\n"
	      "It stays in the foreground. SIGHUP: read the configuration again.\n", out);
	return out == stdout ? 0 : 2;
}

/* Starts who runs programs, which have the privileges that we have now. */
static int updown(struct ike_daemon *d)
{
	const struct ike_hookd_conf conf = { .path = d->path, .flags = d->flags,
					     .syslog = d->syslog };

	d->hookd = ike_hookd_start(&conf);
	if (d->hookd < 0)
		ike_say(d, "no process for programs: %s", strerror(errno));
	return d->hookd < 0 ? -1 : 0;
}

/* The last step before what comes from outside is read. */
static int lock_up(struct ike_daemon *d, bool filter)
{
	char err[256];

	if (ike_priv_caps(IKE_PRIV_RUN, err, sizeof(err)) ||
	    (filter && ike_priv_filter(err, sizeof(err)))) {
		ike_say(d, "%s", err);
		return -1;
	}
	/* The thread begins here, as capabilities are those of a thread. */
	if (ike_names_open(d, NULL)) {
		ike_say(d, "no thread to look up names: %s", strerror(errno));
		return -1;
	}
	return 0;
}

static int run(struct ike_daemon *d, const char *sock, bool filter)
{
	int rc = 1;

	if (!ike_daemon_start(d) && !ike_ctl_open(d, sock) && !lock_up(d, filter)) {
		ike_say(d, "secike %s, %u connections", NFSEC_VERSION, d->setup->n);
		if (ike_ready("READY=1"))
			ike_say(d, "the service manager cannot be told: %s", strerror(errno));
		ike_daemon_run(d);
		rc = event_base_dispatch(d->base) < 0;
	}
	ike_ctl_close(d);
	ike_daemon_end(d);
	return rc;
}

int main(int argc, char **argv)
{
	static struct ike_daemon d = { .path = CONF_PATH, .hookd = -1 };
	char path[IKE_CTL_PATH_MAX];
	const char *sock = NULL;
	bool test = false, filter = true;
	char err[256];
	int opt;

	while ((opt = getopt(argc, argv, "c:s:r:m:twkluVh")) != -1) {
		switch (opt) {
		case 'c':
			d.path = optarg;
			break;
		case 's':
			sock = optarg;
			break;
		case 'r':
			if (sscanf(optarg, "%u,%u", &d.rtx_ms, &d.rtx_tries) != 2 || !d.rtx_ms ||
			    !d.rtx_tries || d.rtx_ms > 60000 || d.rtx_tries > 100)
				return usage(stderr);
			break;
		case 'm':
			d.metrics = optarg;
			break;
		case 't':
			test = true;
			break;
		case 'w':
			d.flags |= IKE_CONF_WEAK;
			break;
		case 'k':
			d.keep = true;
			break;
		case 'l':
			d.syslog = true;
			break;
		case 'u':
			filter = false;
			break;
		case 'V':
			printf("secike, nfsec %s\n", NFSEC_VERSION);
			return 0;
		case 'h':
			return usage(stdout);
		default:
			return usage(stderr);
		}
	}
	if (optind < argc)
		return usage(stderr);
	/* Keys are in the memory of this process. */
	prctl(PR_SET_DUMPABLE, 0);
	signal(SIGPIPE, SIG_IGN);
	if (d.syslog)
		openlog("secike", LOG_PID, LOG_DAEMON);
	if (!test && updown(&d))
		return 1;
	/* From here on files are read as they will be when they are read again. */
	if (!test && ike_priv_caps(IKE_PRIV_BIND, err, sizeof(err))) {
		ike_say(&d, "%s", err);
		return 1;
	}
#ifdef __SANITIZE_ADDRESS__
	filter = false;	/* it has to trace its own threads at the end */
#endif
	d.setup = ike_daemon_load(&d);
	if (!d.setup || test) {
		ike_setup_free(d.setup);
		return d.setup ? 0 : 1;
	}
	return run(&d, sock ? sock : ike_ctl_path(path, sizeof(path)), filter);
}
