// SPDX-License-Identifier: GPL-2.0
/*
 * Capabilities and a filter of system calls: what is left to who takes over a process that
 * reads what anybody sends.
 *
 * The filter has what the loop (libevent), libcrypto, getaddrinfo() with its modules, syslog()
 * and threads of the C library need. There is no writing to memory that can be executed, no
 * other program, no other process, and no socket but of the four families in use.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <cap-ng.h>
#include <seccomp.h>

#include "../lib/util.h"
#include "priv.h"

int ike_priv_caps(enum ike_priv which, char *err, size_t n)
{
	int rc;

	if (capng_get_caps_process()) {
		snprintf(err, n, "capabilities cannot be read");
		return -1;
	}
	/* those of programs that are executed; not ours to change without this one */
	if (capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP)) {
		capng_clear(CAPNG_SELECT_BOUNDS);
		if (capng_apply(CAPNG_SELECT_BOUNDS)) {
			snprintf(err, n, "the bounding set of capabilities cannot be cleared");
			return -1;
		}
	}
	capng_clear(CAPNG_SELECT_CAPS);
	rc = capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_NET_ADMIN);
	if (which == IKE_PRIV_BIND)
		rc |= capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED,
				   CAP_NET_BIND_SERVICE);
	if (rc || capng_apply(CAPNG_SELECT_CAPS)) {
		snprintf(err, n, "it takes CAP_NET_ADMIN%s: not root?",
			 which == IKE_PRIV_BIND ? " and CAP_NET_BIND_SERVICE" : "");
		return -1;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) {
		snprintf(err, n, "no_new_privs: %s", strerror(errno));
		return -1;
	}
	return 0;
}

/* Some have one name on some machines and another one elsewhere. */
static const char *const allowed[] = {
	/* memory */
	"brk", "madvise", "mlock", "mlock2", "mremap", "munlock", "munmap",
	/* files */
	"access", "chmod", "close", "faccessat", "faccessat2", "fchmod", "fchmodat", "fcntl",
	"fstat", "fstatfs", "fsync", "getcwd", "getdents64", "lseek", "lstat", "mkdir", "mkdirat",
	"newfstatat", "open", "openat", "pread64", "pwrite64", "read", "readlink", "readlinkat",
	"readv", "rename", "renameat", "renameat2", "stat", "statfs", "statx", "umask", "unlink",
	"unlinkat", "write", "writev",
	/* sockets */
	"accept", "accept4", "bind", "connect", "getpeername", "getsockname", "getsockopt",
	"listen", "recvfrom", "recvmmsg", "recvmsg", "sendmmsg", "sendmsg", "sendto", "setsockopt",
	"shutdown",
	/* the loop, time, signals */
	"clock_getres", "clock_gettime", "clock_nanosleep", "epoll_create", "epoll_create1",
	"epoll_ctl", "epoll_pwait", "epoll_pwait2", "epoll_wait", "eventfd2", "gettimeofday",
	"nanosleep", "pipe", "pipe2", "poll", "ppoll", "pselect6", "restart_syscall",
	"rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "select", "sigaltstack", "time",
	"timerfd_create", "timerfd_settime",
	/* threads and the end */
	"exit", "exit_group", "futex", "get_robust_list", "gettid", "membarrier", "rseq",
	"sched_getaffinity", "sched_yield", "set_robust_list", "set_tid_address", "tgkill",
	/* who and where */
	"getegid", "geteuid", "getgid", "getpid", "getppid", "getrandom", "getrlimit", "getuid",
	"prlimit64", "sysinfo", "uname",
}, *const fatal[] = {
	"add_key", "bpf", "delete_module", "execve", "execveat", "finit_module", "fork",
	"init_module", "io_uring_setup", "kexec_file_load", "kexec_load", "keyctl", "mount",
	"move_mount", "open_by_handle_at", "perf_event_open", "pivot_root", "process_vm_readv",
	"process_vm_writev", "ptrace", "reboot", "request_key", "setns", "unshare", "userfaultfd",
	"vfork",
};

static int allow(scmp_filter_ctx f, const char *name, unsigned int n,
		 const struct scmp_arg_cmp *args)
{
	int nr = seccomp_syscall_resolve_name(name);

	return nr == __NR_SCMP_ERROR ? 0 :
	       seccomp_rule_add_array(f, SCMP_ACT_ALLOW, nr, n, args);
}

/* @name with @value in argument @arg, looked at under @mask. */
static int allow_if(scmp_filter_ctx f, const char *name, unsigned int arg, uint64_t mask,
		    uint64_t value)
{
	const struct scmp_arg_cmp a = { arg, SCMP_CMP_MASKED_EQ, mask, value };

	return allow(f, name, 1, &a);
}

static int some(scmp_filter_ctx f)
{
	static const uint64_t prctls[] = { PR_SET_NAME, PR_SET_VMA };
	static const uint64_t ioctls[] = { FIONREAD, TCGETS };
	static const uint64_t families[] = { AF_UNIX, AF_INET, AF_INET6, AF_NETLINK };
	const uint64_t wx = PROT_WRITE | PROT_EXEC, low = UINT32_MAX;
	unsigned int i;
	int err = 0;

	for (i = 0; i < ARRAY_SIZE(families); i++) {
		err |= allow_if(f, "socket", 0, low, families[i]);
		err |= allow_if(f, "socketpair", 0, low, families[i]);
	}
	for (i = 0; i < ARRAY_SIZE(ioctls); i++)
		err |= allow_if(f, "ioctl", 1, low, ioctls[i]);
	for (i = 0; i < ARRAY_SIZE(prctls); i++)
		err |= allow_if(f, "prctl", 0, low, prctls[i]);
	/* modules of the C library are mapped to be executed; nothing is written there */
	err |= allow_if(f, "mmap", 2, wx, 0) | allow_if(f, "mmap", 2, wx, PROT_WRITE) |
	       allow_if(f, "mmap", 2, wx, PROT_EXEC) | allow_if(f, "mprotect", 2, PROT_EXEC, 0);
	/* threads, no processes; what clone3() is asked for cannot be seen */
	err |= allow_if(f, "clone", 0, CLONE_THREAD | CLONE_VM, CLONE_THREAD | CLONE_VM);
	err |= seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	return err;
}

int ike_priv_filter(char *err, size_t n)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	unsigned int i;
	int rc = f ? 0 : -ENOMEM, nr;

	for (i = 0; !rc && i < ARRAY_SIZE(allowed); i++)
		rc = allow(f, allowed[i], 0, NULL);
	for (i = 0; !rc && i < ARRAY_SIZE(fatal); i++) {
		nr = seccomp_syscall_resolve_name(fatal[i]);
		if (nr != __NR_SCMP_ERROR)
			rc = seccomp_rule_add(f, SCMP_ACT_KILL_PROCESS, nr, 0);
	}
	if (!rc)
		rc = some(f);
	if (!rc)
		rc = seccomp_attr_set(f, SCMP_FLTATR_CTL_TSYNC, 1);
	if (!rc)
		rc = seccomp_load(f);
	if (rc)
		snprintf(err, n, "no filter of system calls: %s", strerror(rc < 0 ? -rc : EINVAL));
	seccomp_release(f);
	return rc ? -1 : 0;
}
