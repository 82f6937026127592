// SPDX-License-Identifier: GPL-2.0
/*
 * What the daemon may still do when it has given up the rest, each in a process of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include <cap-ng.h>
#include <event2/event.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include "../../tests/ktap.h"
#include "../crypto.h"
#include "../priv.h"
#include "../ready.h"
#include "../udp.h"

static char path[64];

/* Whether @what returns 0 behind the filter; else how it ended. */
static int after(int (*what)(void))
{
	char err[256];
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		if (ike_priv_filter(err, sizeof(err)))
			_exit(100);
		_exit(what());
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return status;
}

static void works(int (*what)(void), const char *name)
{
	int s = after(what);

	ktap_ok(!s, NULL, "possible: %s (%x)", name, (unsigned int)s);
}

static void denied(int (*what)(void), const char *name)
{
	int s = after(what);

	ktap_ok(WIFEXITED(s) && WEXITSTATUS(s) == EPERM, NULL, "refused: %s (%x)", name,
		(unsigned int)s);
}

static void killed(int (*what)(void), const char *name)
{
	int s = after(what);

	ktap_ok(WIFSIGNALED(s) && WTERMSIG(s) == SIGSYS, NULL, "the end: %s (%x)", name,
		(unsigned int)s);
}

/* ---- what it needs ---- */

static int do_crypto(void)
{
	uint16_t groups[] = { 31, 20, 14 };
	struct ike_buf pub, secret;
	EVP_PKEY *rsa;
	EVP_MD *sha3;
	uint8_t r[32];
	unsigned int i;

	for (i = 0; i < 3; i++) {
		struct ike_ke *a = ike_ke_new(groups[i], true, NULL);
		struct ike_ke *b = ike_ke_new(groups[i], false, NULL);

		if (!a || !b || ike_ke_public(a, &pub) || ike_ke_peer(b, pub) ||
		    ike_ke_secret(b, &secret))
			return 1;
		ike_ke_free(a);
		ike_ke_free(b);
	}
	rsa = EVP_RSA_gen(1024);
	sha3 = EVP_MD_fetch(NULL, "SHA3-256", NULL);
	return !rsa || !sha3 || RAND_bytes(r, sizeof(r)) != 1;
}

static int do_names(void)
{
	struct addrinfo hints = { .ai_socktype = SOCK_DGRAM }, *l;
	int rc = getaddrinfo("localhost", NULL, &hints, &l);

	/* there may be no resolver, but nothing that it does may fail for other reasons */
	if (!rc || rc == EAI_NONAME || rc == EAI_AGAIN)
		rc = getaddrinfo("host.invalid", NULL, &hints, &l);
	return rc && rc != EAI_NONAME && rc != EAI_AGAIN && rc != EAI_NODATA ? 1 : 0;
}

static void *in_thread(void *arg)
{
	*(int *)arg = do_names();
	return NULL;
}

static int do_thread(void)
{
	pthread_t t;
	int rc = 1;

	return pthread_create(&t, NULL, in_thread, &rc) || pthread_join(t, NULL) || rc;
}

static void tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	event_base_loopbreak(arg);
}

static int do_loop(void)
{
	struct timeval tv = { 0, 1000 };
	struct event_base *b = event_base_new();
	struct event *e = b ? evtimer_new(b, tick, b) : NULL;
	struct event *s = b ? evsignal_new(b, SIGHUP, tick, b) : NULL;

	return !e || !s || event_add(s, NULL) || event_add(e, &tv) || event_base_dispatch(b);
}

static int do_files(void)
{
	char to[80];
	FILE *f = fopen(path, "w");
	struct stat st;
	char buf[8];

	snprintf(to, sizeof(to), "%s.new", path);
	if (!f || fputs("text", f) < 0 || fchmod(fileno(f), 0600) || fflush(f) ||
	    fsync(fileno(f)) || fclose(f) || rename(path, to) || stat(to, &st))
		return 1;
	f = fopen(to, "r");
	return !f || !fgets(buf, sizeof(buf), f) || fclose(f) || unlink(to);
}

static int do_sockets(void)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct sockaddr_in in = { .sin_family = AF_INET };
	int a = socket(AF_UNIX, SOCK_STREAM, 0), b = socket(AF_UNIX, SOCK_STREAM, 0), c;
	int u = socket(AF_INET, SOCK_DGRAM, 0), n = socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC);
	struct ucred who;
	socklen_t len = sizeof(who);

	snprintf(un.sun_path, sizeof(un.sun_path), "%s.sock", path);
	if (a < 0 || b < 0 || u < 0 || n < 0 || bind(a, (struct sockaddr *)&un, sizeof(un)) ||
	    listen(a, 1) || connect(b, (struct sockaddr *)&un, sizeof(un)))
		return 1;
	c = accept(a, NULL, NULL);
	if (c < 0 || getsockopt(c, SOL_SOCKET, SO_PEERCRED, &who, &len) || unlink(un.sun_path))
		return 2;
	return bind(u, (struct sockaddr *)&in, sizeof(in)) ? 3 : 0;
}

static int do_syslog(void)
{
	openlog("test_priv", LOG_PID, LOG_DAEMON);
	syslog(LOG_DEBUG, "test");
	return 0;
}

/* ---- what it does not need ---- */

static int do_exec(void)
{
	execl("/bin/true", "true", NULL);
	return errno;
}

static int do_fork(void)
{
	pid_t p = fork();

	if (!p)
		_exit(0);
	return p < 0 ? errno : 0;
}

static int do_trace(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) ? errno : 0;
}

static int do_packet(void)
{
	return socket(AF_PACKET, SOCK_RAW, 0) < 0 ? errno : 0;
}

static int do_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		       0);

	return p == MAP_FAILED ? errno : 0;
}

static int do_code_later(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p != MAP_FAILED && mprotect(p, 4096, PROT_READ | PROT_EXEC) ? errno : 0;
}

static int do_kill(void)
{
	return kill(getppid(), 0) ? errno : 0;
}

static int do_chown(void)
{
	return chown("/", 0, 0) ? errno : 0;
}

static int do_ns(void)
{
	return (int)syscall(SYS_setns, 0, 0) ? errno : 0;
}

static int do_bpf(void)
{
	return (int)syscall(SYS_bpf, 0, NULL, 0) ? errno : 0;
}

/* ---- capabilities ---- */

static uint64_t caps(void)
{
	uint64_t set = 0;
	int i;

	capng_get_caps_process();
	for (i = 0; i <= CAP_LAST_CAP; i++)
		if (capng_have_capability(CAPNG_EFFECTIVE, (unsigned int)i) ||
		    capng_have_capability(CAPNG_PERMITTED, (unsigned int)i))
			set |= 1ull << i;
	return set;
}

static int bound(void)
{
	int i, n = 0;

	for (i = 0; i <= CAP_LAST_CAP; i++)
		n += prctl(PR_CAPBSET_READ, i, 0, 0, 0) == 1;
	return n;
}

static void test_caps(void)
{
	const uint64_t admin = 1ull << CAP_NET_ADMIN, low = 1ull << CAP_NET_BIND_SERVICE;
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = 0x0100 };
	uint32_t mark = 1;
	int status, bits = 0, s;
	char err[256];
	pid_t pid;

	if ((caps() & (admin | low)) != (admin | low)) {
		printf("# not root: capabilities are not tested\n");
		return;
	}
	fflush(stdout);
	pid = fork();
	if (!pid) {
		s = socket(AF_INET, SOCK_DGRAM, 0);
		if (!ike_priv_caps(IKE_PRIV_BIND, err, sizeof(err)) && caps() == (admin | low) &&
		    !bound())
			bits |= 1;
		if (!ike_priv_caps(IKE_PRIV_RUN, err, sizeof(err)) && caps() == admin)
			bits |= 2;
		if (!setsockopt(s, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)))
			bits |= 4;
		if (bind(s, (struct sockaddr *)&in, sizeof(in)) && errno == EACCES)
			bits |= 8;
		if (ike_priv_caps(IKE_PRIV_BIND, err, sizeof(err)) && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0))
			bits |= 16;
		_exit(bits);
	}
	waitpid(pid, &status, 0);
	bits = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
	ktap_ok(bits & 1, NULL, "before ports are bound: two capabilities, none for others");
	ktap_ok(bits & 2, NULL, "then one");
	ktap_ok(bits & 4, NULL, "marks can be set");
	ktap_ok(bits & 8, NULL, "low ports cannot be bound");
	ktap_ok(bits & 16, NULL, "what is given up is gone");
}

static int do_ready(void)
{
	return ike_ready("READY=1");
}

/* What the socket @name of a service manager hears, with "@" for an abstract name. */
static void ready_by(const char *name)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), rc;
	char heard[64] = "";

	snprintf(un.sun_path, sizeof(un.sun_path), "%s", name);
	if (*name == '@')
		un.sun_path[0] = '\0';
	else
		unlink(name);
	if (bind(s, (struct sockaddr *)&un, (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
							strlen(name))))
		abort();
	setenv("NOTIFY_SOCKET", name, 1);
	rc = after(do_ready);
	if (recv(s, heard, sizeof(heard) - 1, MSG_DONTWAIT) < 0)
		heard[0] = '\0';
	ktap_ok(!rc && !strcmp(heard, "READY=1"), NULL, "the service manager hears it at %s",
		*name == '@' ? "an abstract name" : "a path");
	close(s);
	if (*name != '@')
		unlink(name);
}

static void test_ready(void)
{
	char name[sizeof(path) + 16];

	unsetenv("NOTIFY_SOCKET");
	ktap_ok(!ike_ready("READY=1"), NULL, "without a service manager nothing is told");
	snprintf(name, sizeof(name), "%s.ready", path);
	ready_by(name);
	snprintf(name, sizeof(name), "@test_priv.%d", (int)getpid());
	ready_by(name);
	setenv("NOTIFY_SOCKET", "relative", 1);
	ktap_ok(ike_ready("READY=1") && errno == EINVAL, NULL, "a name that is none");
	unsetenv("NOTIFY_SOCKET");
}

int main(void)
{
	snprintf(path, sizeof(path), "/tmp/test_priv.%d", (int)getpid());
	ktap_begin();
	works(do_crypto, "cryptography");
	works(do_names, "names");
	works(do_thread, "names in a thread");
	works(do_loop, "the loop");
	works(do_files, "files");
	works(do_sockets, "sockets");
	works(do_syslog, "syslog");
	killed(do_exec, "another program");
	killed(do_trace, "tracing");
	killed(do_ns, "another namespace");
	killed(do_bpf, "bpf()");
	denied(do_fork, "another process");
	denied(do_packet, "raw packets");
	denied(do_code, "memory to write and execute");
	denied(do_code_later, "executing what was written");
	denied(do_kill, "signals for others");
	denied(do_chown, "files of others");
	test_ready();
	test_caps();
	return ktap_end();
}
