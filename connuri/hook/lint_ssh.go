package hook

// ssh looks at what SSHHook makes of a connection.
func (l *linter) ssh() {
	if _, pinned := l.get("host_key"); pinned || onThisMachine(l.c.Host) {
		return
	}
	const verify = "write host_key in the extra"
	unchecked := "no_host_key_check"
	if _, given := l.get(unchecked); !given {
		unchecked = "ignore_hostkey_verification"
	}
	switch {
	case l.isWord("allow_host_key_change", "true"):
		l.inExtra("host-unverified", "allow_host_key_change", "is true: any server is believed, and whoever is in between can read along", verify)
	case l.isWord(unchecked, "true"):
		l.inExtra("host-unverified", unchecked, "is true: a server that known_hosts does not list is believed, and whoever is in between can read along", verify)
	}
}

// mssql looks at what MsSqlHook and pymssql make of a connection.
func (l *linter) mssql() {
	for _, key := range []string{"as_dict", "autocommit", "charset", "tds_version", "use_datetime2", "arraysize"} {
		if _, given := l.get(key); given {
			l.pythonOnly(key)
		}
	}
	encryption, _, _ := l.text("encryption")
	switch {
	case onThisMachine(l.c.Host), l.c.Host == ".", l.c.Host == "(local)":
	case encryption == "require":
		l.inExtra("tls-unverified", "encryption", "is require: TLS, but any certificate is accepted", "set TLS.Mode to TLSVerifyFull in Go; pymssql has no setting for it")
	default:
		l.inClear("the data", "write encryption as require in the extra")
	}
}
