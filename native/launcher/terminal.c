/*
 * A terminal of the job's own: a pair of the devpts instance that was made for it, never one of the
 * host's. The job gets the slave, the host the master.
 */
#include "terminal.h"

#include "sys.h"

#include <sys/ioctl.h>
#include <termios.h>

static int keep(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, FIRST_OWN_FD);
}

static int set_up(int master, const struct plan_step *session)
{
	struct winsize size = { .ws_row = (unsigned short)session->value[0],
				.ws_col = (unsigned short)session->value[1] };
	struct termios modes;
	int locked = 0;

	if (ioctl(master, TIOCSPTLCK, &locked) < 0 || ioctl(master, TIOCSWINSZ, &size) < 0 ||
	    tcgetattr(master, &modes) < 0)
		return -1;
	/* or the line editor erases a byte where the user meant a character (termios(3)) */
	modes.c_iflag |= IUTF8;
	return tcsetattr(master, TCSANOW, &modes);
}

/*
 * In pid 1: the slave belongs to who opens the master (devpts_pty_new, fs/devpts/inode.c), whose id outside is the job's unless that has further ones.
 * The instance is known by its mount, whatever the job has put over /dev/pts, and the slave by its
 * master (TIOCGPTPEER, Linux 4.13): no path is looked up. One slave stays with pid 1: without any the
 * master would hang up, although the job may open /dev/tty again.
 */
int terminal_open(struct terminal *terminal, struct request *request, int pts, const struct plan_step *session)
{
	if (!(session->flags & STEP_FLAG_TERMINAL))
		return 0;
	autoclose int master = openat(pts, "ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

	if (master < 0 || set_up(master, session) < 0)
		return -1;
	autoclose int slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (slave < 0)
		return -1;
	terminal->master = keep(master);
	terminal->slave = keep(slave);
	for (int i = 0; i < 3; i++) {
		close_fd(&request->stdio[i]);
		request->stdio[i] = keep(slave);
		if (request->stdio[i] < 0)
			return -1;
	}
	return terminal->master < 0 || terminal->slave < 0 ? -1 : 0;
}

int terminal_control(const struct plan_step *session)
{
	return session->flags & STEP_FLAG_TERMINAL ? ioctl(STDIN_FILENO, TIOCSCTTY, 0) : 0;
}
