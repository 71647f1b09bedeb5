package hook_test

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// mongoForm is the value of an option that pymongo takes in several forms.
func mongoForm(key string, v any) any {
	list, isList := v.([]any)
	switch {
	case key == "maxpoolsize" && v == nil:
		return "0"
	case key == "compressors" || key == "readpreferencetags":
		text := fmt.Sprint(v)
		if isList {
			text = strings.Trim(strings.Join(strings.Split(fmt.Sprintf("%q", list), `" "`), map[string]string{"compressors": ",", "readpreferencetags": ";"}[key]), `[]"`)
			if key == "readpreferencetags" && len(list) > 0 && list[len(list)-1] == "" && !strings.HasSuffix(text, ";") {
				text += ";"
			}
		}
		if key == "compressors" {
			known := slices.DeleteFunc(strings.Split(text, ","), func(name string) bool { return !slices.Contains([]string{"snappy", "zlib", "zstd"}, name) })
			return strings.Join(known, ",")
		}
		return text
	case !slices.Contains(strings.Fields(mongoNumbers), key):
		return v
	}
	switch b := v.(type) {
	case bool:
		return map[bool]string{true: "1", false: "0"}[b]
	case nil:
		return nil
	}
	text := strings.Map(func(r rune) rune {
		switch {
		case r == '_':
			return -1
		case r >= '٠' && r <= '٩':
			return r - '٠' + '0'
		}
		return r
	}, strings.TrimSpace(fmt.Sprint(v)))
	n, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil, math.IsInf(n, 0), math.IsNaN(n):
		return v
	case key == "w" && strings.ContainsAny(text, ".eEiIxX"): // a tag
		return v
	case key == "zlibcompressionlevel":
		n = float64(int(n))
	}
	return strconv.FormatFloat(n, 'f', -1, 64)
}

// mongoNumbers are the options that are numbers, or may be.
const mongoNumbers = `connecttimeoutms sockettimeoutms serverselectiontimeoutms heartbeatfrequencyms maxidletimems timeoutms localthresholdms
 waitqueuetimeoutms wtimeoutms maxpoolsize minpoolsize maxconnecting maxadaptiveretries zlibcompressionlevel w srvmaxhosts waitqueuemultiple maxstalenessseconds`
