package setup_test

import (
	"os"
	"strings"
	"testing"

	"github.com/airflowsecrets/airflowsecrets/backend/internal/leaktest"
)

func TestMain(m *testing.M) {
	// No AWS setting of this machine may affect a test.
	for _, pair := range os.Environ() {
		if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "AWS_") || strings.HasPrefix(name, "AIRFLOW__") {
			_ = os.Unsetenv(name)
		}
	}
	_ = os.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	_ = os.Setenv("AWS_CONFIG_FILE", os.DevNull)
	_ = os.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
	leaktest.Main(m)
}
