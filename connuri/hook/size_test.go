package hook_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestSize builds small programs, and compares how large they are: as they are, and without
// symbols (-s -w), as many ship them.
func TestSize(t *testing.T) {
	if testing.Short() {
		t.Skip("links six programs")
	}
	if runtime.GOOS != "linux" {
		t.Skip("the bounds were measured on Linux")
	}
	for _, flags := range []string{"", "-s -w"} {
		size := func(name string) int64 {
			program := filepath.Join(t.TempDir(), name+".exe")
			out, err := exec.Command("go", "build", "-trimpath", "-ldflags="+flags, "-o", program, "./testdata/size/"+name).CombinedOutput()
			require.NoError(t, err, "%s", out)
			info, err := os.Stat(program)
			require.NoError(t, err)
			return info.Size()
		}
		none := size("none")
		for name, most := range map[string]int64{"postgres": 150_000, "tls": 350_000} {
			more := size(name) - none
			t.Logf("%s, -ldflags=%q: %d bytes more than %d", name, flags, more, none)
			// What tls adds is for the most part the standard library's reading of private keys.
			// With symbols its size differs by 100 kB between releases of Go.
			if name == "postgres" || flags != "" {
				assert.LessOrEqual(t, more, most, name)
			}
		}
	}
}
