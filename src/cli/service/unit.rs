//! The text of a unit, and paths as systemd reads them. Pure: no IO.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

/// A script may have so much for its state, and as much for a save that is vetted, and both grow while they are collected.
const TIMES_SCRIPT: u64 = 3;

/// What ouzel itself may need: queues, the caches of SQLite, and the Tweets in hand.
const BESIDE_SCRIPT: u64 = 512 << 20;

/// Restarting does not mend these exit codes: wrong settings, and a wrong script. See the page `exit-codes`.
const NOT_MENDED: &str = "2 3";

/// What a unit is about. All paths are absolute.
#[derive(Debug)]
pub(super) struct Unit {
    pub(super) program: PathBuf,
    /// The settings file, where there is one.
    pub(super) config: Option<PathBuf>,
    pub(super) script: PathBuf,
    pub(super) data: PathBuf,
    /// The file of variables, which need not be there.
    pub(super) environment: PathBuf,
    /// How much memory the script may take, in bytes.
    pub(super) script_memory: u64,
    pub(super) scope: Scope,
}

/// Whose manager starts it.
#[derive(Debug)]
pub(super) enum Scope {
    /// The machine's, in the name of a user.
    System {
        /// The user.
        user: String,
    },
    /// The one that each user has.
    User,
}

impl Unit {
    /// The unit, or why there can be none.
    pub(super) fn text(&self) -> Result<String, String> {
        let project = self.environment.parent().unwrap_or(Path::new("/"));
        let mut command = vec![word(&self.program)?, "run".to_owned()];
        if let Some(config) = &self.config {
            command.extend(["--config".to_owned(), argument(config)?]);
        }
        command.extend(["--data-dir".to_owned(), argument(&self.data)?]);
        command.push(argument(&self.script)?);
        let mut text = format!(
            "# Made by `ouzel service`; `ouzel help service` says more.\n\
             [Unit]\n\
             Description=ouzel, the PowerTrack stream of {}\n\
             Documentation=man:ouzel-run(1)\n\
             {}\n\
             [Service]\n\
             # systemd before 253 does not know the second line, and keeps to the first one.\n\
             Type=notify\n\
             Type=notify-reload\n\
             NotifyAccess=main\n\
             ExecStart={}\n",
            rest(project)?,
            match self.scope {
                Scope::System { .. } => {
                    "Wants=network-online.target\nAfter=network-online.target\n"
                }
                // A user's manager knows nothing of the network.
                Scope::User => "",
            },
            command.join(" ")
        );
        if let Scope::System { user } = &self.scope {
            let _ = writeln!(text, "User={user}");
        }
        let memory = self.script_memory.saturating_mul(TIMES_SCRIPT);
        let memory = memory.saturating_add(BESIDE_SCRIPT) >> 20;
        let _ = write!(
            text,
            "# Variables such as OUZEL_PASSWORD, one a line; for its owner alone: chmod 600.\n\
             EnvironmentFile=-{}\n\
             \n\
             # It is ready when the stream is connected, and asks for more time while it tries.\n\
             TimeoutStartSec=2min\n\
             TimeoutStopSec=1min\n\
             # A handler that hangs for so long ends the process; after the second time its Tweet is in quarantine.\n\
             WatchdogSec=2min\n\
             Restart=on-failure\n\
             # What fails again and again is tried ever less often; systemd before 254 knows only the first line.\n\
             RestartSec=10s\n\
             RestartSteps=8\n\
             RestartMaxDelaySec=10min\n\
             # Wrong settings and wrong scripts are not mended by starting again.\n\
             RestartPreventExitStatus={NOT_MENDED}\n\
             MemoryMax={memory}M\n\
             # What is in memory holds the password.\n\
             LimitCORE=0\n\
             UMask=0077\n\
             \n",
            glob(&self.environment)?
        );
        text += HARDENED;
        let install = match self.scope {
            Scope::User => "default.target",
            Scope::System { .. } => {
                text += HARDENED_SYSTEM;
                // Below these a private folder would hide the project.
                let is_hidden =
                    |path: &Path| ["/tmp", "/var/tmp"].iter().any(|tmp| path.starts_with(tmp));
                let paths = [&self.program, &self.script, &self.data];
                if !paths.iter().any(|path| is_hidden(path)) {
                    text += "PrivateTmp=yes\n";
                }
                let _ = writeln!(
                    text,
                    "# All else is read-only.\nReadWritePaths={}",
                    word(&self.data)?
                );
                "multi-user.target"
            }
        };
        let _ = write!(text, "\n[Install]\nWantedBy={install}\n");
        Ok(text)
    }

    /// What is to be done with the unit.
    pub(super) fn next_steps(&self) -> String {
        let data = quoted(&self.data);
        let environment = quoted(&self.environment);
        let (place, systemctl, log, last) = match &self.scope {
            Scope::System { .. } => (
                "sudo tee /etc/systemd/system/ouzel.service",
                "sudo systemctl",
                "journalctl -u ouzel -f",
                "",
            ),
            Scope::User => (
                "tee ~/.config/systemd/user/ouzel.service",
                "systemctl --user",
                "journalctl --user -u ouzel -f",
                "  loginctl enable-linger   # so that it runs while you are not logged in\n",
            ),
        };
        let owner = match &self.scope {
            Scope::System { user } => format!("; it has to belong to {user}"),
            Scope::User => String::new(),
        };
        format!(
            "\nnext, with a name of your own instead of `ouzel` where there are several:\n\
             \x20 mkdir -p {data}   # the data folder{owner}\n\
             \x20 ouzel service … | {place} > /dev/null\n\
             \x20 {systemctl} daemon-reload\n\
             \x20 {systemctl} enable --now ouzel\n\
             \x20 {log}\n\
             {last}\
             where the settings name no file with the password, write `OUZEL_PASSWORD=…` into {environment} first:\n\
             \x20 touch {environment} && chmod 600 {environment}\n"
        )
    }
}

/// What a process that reads a stream and writes a folder never needs; a user's manager can forbid it too.
const HARDENED: &str = "\
NoNewPrivileges=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictNamespaces=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
";

/// The same, as far as it takes root to forbid it.
const HARDENED_SYSTEM: &str = "\
CapabilityBoundingSet=
ProtectSystem=strict
ProtectHome=read-only
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
ProtectProc=invisible
";

/// A path as text that fits on one line.
fn plain_text(path: &Path) -> Result<&str, String> {
    let shown = path.display();
    let text = path.to_str().ok_or_else(|| {
        format!("systemd takes only UTF-8 in a unit, and the path `{shown}` is none")
    })?;
    match text.chars().any(char::is_control) || text.ends_with(char::is_whitespace) {
        true => Err(format!(
            "systemd has no way to write the path `{}` in every line of a unit: no control character may stand in it, such as a line break, and no blank at its end\n\
             hint: give the folder another name, or link to it from another place",
            text.escape_debug()
        )),
        false => Ok(text),
    }
}

/// A path as the rest of a line: only `%` means something there.
fn rest(path: &Path) -> Result<String, String> {
    // A backslash at the end would join the next line.
    match plain_text(path)? {
        text if text.ends_with('\\') => Err(format!(
            "systemd has no way to write the path `{text}`, which ends with a backslash"
        )),
        text => Ok(text.replace('%', "%%")),
    }
}

/// A path as the rest of a line in which patterns mean something.
fn glob(path: &Path) -> Result<String, String> {
    let text = rest(path)?;
    let escaped = text.chars().flat_map(|c| {
        let escape = "*?[]\\".contains(c).then_some('\\');
        escape.into_iter().chain([c])
    });
    Ok(escaped.collect())
}

/// A path as one word of a line.
fn word(path: &Path) -> Result<String, String> {
    let text = plain_text(path)?.replace('\\', r"\\").replace('"', "\\\"");
    Ok(format!("\"{}\"", text.replace('%', "%%")))
}

/// A path as an argument of a command, where `$` means a variable.
fn argument(path: &Path) -> Result<String, String> {
    Ok(word(path)?.replace('$', "$$"))
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+=:,@%".contains(c);
    match text.chars().all(is_plain) {
        true => text,
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_what_systemd_reads_them_as() {
        let check = |path: &str, as_rest: &str, as_word: &str, as_argument: &str| {
            let path = Path::new(path);
            assert_eq!(rest(path).unwrap(), as_rest);
            assert_eq!(word(path).unwrap(), as_word);
            assert_eq!(argument(path).unwrap(), as_argument);
        };
        check("/srv/a", "/srv/a", "\"/srv/a\"", "\"/srv/a\"");
        check(
            "/a b/100%",
            "/a b/100%%",
            "\"/a b/100%%\"",
            "\"/a b/100%%\"",
        );
        check("/it's", "/it's", "\"/it's\"", "\"/it's\"");
        check(r#"/a"b\c"#, r#"/a"b\c"#, r#""/a\"b\\c""#, r#""/a\"b\\c""#);
        check("/$HOME", "/$HOME", "\"/$HOME\"", "\"/$$HOME\"");
        check("/ä;#", "/ä;#", "\"/ä;#\"", "\"/ä;#\"");
        assert_eq!(glob(Path::new("/a[1]*%")).unwrap(), r"/a\[1\]\*%%");
        for path in ["/a\nb", "/a\u{7f}", "/a ", "/a\t"] {
            assert!(word(Path::new(path)).is_err(), "{path:?}");
        }
        assert!(rest(Path::new("/a\\")).is_err());
    }
}
