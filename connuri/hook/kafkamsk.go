package hook

import "strings"

// mskRegion is the region of the first server that looks like one of Amazon MSK, as the
// hook's pattern finds it: .kafka.REGION.amazonaws.com or .kafka-serverless.REGION and so
// on, then perhaps .cn and a port, and then a comma, a space or the end.
func mskRegion(servers string) string {
	lower := strings.ToLower(servers)
	for i := range len(lower) {
		rest, ok := strings.CutPrefix(lower[i:], ".kafka")
		if !ok {
			continue
		}
		rest, ok = strings.CutPrefix(strings.TrimPrefix(rest, "-serverless"), ".")
		end := len(rest) - len(strings.TrimLeft(rest, "abcdefghijklmnopqrstuvwxyz0123456789-"))
		if region := rest[:end]; ok && end > 0 && endsMSK(rest[end:]) {
			return region
		}
	}
	return ""
}

func endsMSK(rest string) bool {
	rest, ok := strings.CutPrefix(rest, ".amazonaws.com")
	rest = strings.TrimPrefix(rest, ".cn")
	if digits, isPort := strings.CutPrefix(rest, ":"); isPort {
		trimmed := strings.TrimLeft(digits, "0123456789")
		if trimmed == digits {
			return false
		}
		rest = trimmed
	}
	return ok && (rest == "" || rest[0] == ',' || strings.TrimLeft(rest[:1], " \t\n\v\f\r") == "")
}
