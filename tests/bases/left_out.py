"""Programs of the official busybox image that the stand-in knowingly does not have, and why."""

from __future__ import annotations

LEFT_OUT: dict[str, str] = {
    "hardware that no container has: screens, keyboards, disks, flash, buses, modems, clocks": (
        "beep blkid chat conspy eject fbset fbsplash fdflush fdformat fgconsole hdparm kbd_mode lspci lsusb "
        "nanddump nandwrite nbd-client powertop raidautorun rdev readahead readprofile resize rtcwake setconsole "
        "setfont setlogcons setserial showkey slattach ubiattach ubidetach ubimkvol ubirmvol ubirsvol ubiupdatevol "
        "volname"
    ),
    "starting and watching over a whole machine, which a container is not": (
        "bootchartd ifenslave ifplugd inetd runlevel runsv runsvdir seedrng sv svlogd wall mesg vlock"
    ),
    "servers and network tools that neither lesson nor exercise speaks of": (
        "dhcprelay dnsd ether-wake fakeidentd ftpd lpd lpq lpr ntpd pscan sendmail tcpsvd tftpd udhcpc6 udpsvd "
        "whois zcip"
    ),
    "mail": "makemime popmaildir reformime",
    "marks on files and file systems that Docker's layers don't keep or a container can't make": (
        "chattr fsck fsck.minix getfattr lsattr makedevs mkfs.ext2 mkfs.minix mkfs.vfat setfattr"
    ),
    "recording and measuring; `top`, `ps` and `free` are there": (
        "inotifyd iostat ipcrm ipcs mpstat nmeter pipe_progress pmap rx script scriptreplay smemcap"
    ),
    "limits and users for one program; `setpriv`, `su` and `start-stop-daemon` are there": (
        "chpst envuidgid setarch setuidgid softlimit"
    ),
    "another shell, an editor of bytes, and manuals": "hexedit hush man",
    "a flush to disk of one file; `sync` is there": "fsync",
    "ends all processes but its own; in a container that is `docker stop`": "killall5",
}
