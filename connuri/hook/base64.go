package hook

import "encoding/base64"

// pythonBase64 is binascii.a2b_base64, which base64.b64decode and decodebytes call: it skips
// characters outside the alphabet, and padding ends the text.
func pythonBase64(text string) ([]byte, bool) {
	var data []byte
	pads, ended := 0, false
	for i := 0; i < len(text) && !ended; i++ {
		switch c := text[i]; {
		case c == '=' && len(data)%4 >= 2:
			pads++
			ended = len(data)%4+pads >= 4
		case c == '+', c == '/', c >= '0' && c <= '9', c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z':
			data, pads = append(data, c), 0
		}
	}
	if !ended && len(data)%4 != 0 {
		return nil, false
	}
	decoded, err := base64.RawStdEncoding.DecodeString(string(data))
	return decoded, err == nil
}
