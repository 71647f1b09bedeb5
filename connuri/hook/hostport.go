package hook

import (
	"strconv"
	"strings"
)

// hostPort joins a host and a port for net.Dial. An IPv6 address gets its brackets.
func hostPort(host string, port int) string {
	bracketed := strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]")
	if strings.Contains(host, ":") && !bracketed {
		host = "[" + host + "]"
	}
	return host + ":" + strconv.Itoa(port)
}
