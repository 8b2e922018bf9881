/* Leaves its terminal in the worst of states: raw, silent, stopped, and with a huge window. */
#include "probe.h"

#include <sys/ioctl.h>
#include <termios.h>

int main(void)
{
	struct winsize size = { 65535, 65535, 65535, 65535 };
	struct termios modes;

	if (tcgetattr(0, &modes) < 0)
		broken("tcgetattr");
	cfmakeraw(&modes);
	modes.c_cc[VMIN] = 0;
	if (tcsetattr(0, TCSANOW, &modes) < 0 || ioctl(0, TIOCSWINSZ, &size) < 0 || ioctl(0, TIOCEXCL) < 0)
		broken("ioctl");
	write_all(1, "left raw\n");
	tcflow(0, TCOOFF);
	return 0;
}
