package setup_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/backend/setup"
	"github.com/airflowsecrets/airflowsecrets/connuri/connuritest"
)

type cfgRow struct {
	Cfg, CfgAt *string
	Files      map[string]string
	Env        map[string]*string
	WorkerMode bool `json:"worker_mode"`
	Backend    *string
	Kwargs     json.RawMessage
	MultiTeam  connuritest.Answer `json:"multi_team"`
	Warned     bool
	Error      string
}

func (r *cfgRow) UnmarshalJSON(raw []byte) error {
	type plain cfgRow
	at := struct {
		*plain
		CfgAt *string `json:"cfg_at"`
	}{plain: (*plain)(r)}
	err := json.Unmarshal(raw, &at)
	r.CfgAt = at.CfgAt
	return err
}

// form is kwargs from a command or a secret. plain are the kwargs that take precedence in the
// same place.
var (
	form  = regexp.MustCompile(`(?i)kwargs_(cmd|secret)`)
	plain = regexp.MustCompile(`(?m)^\s*\w*backend_kwargs\s*[=:]`)
)

func (r cfgRow) judge(home string) (v connuritest.Verdict) {
	environ, hasForm := r.environ(home)
	s, err := setup.Load(environ, processOf(r.WorkerMode))
	isMulti := string(r.MultiTeam.Raw) == "true"
	switch {
	case hasForm:
		v.Add("form", "", notRun)
		if err == nil || !strings.Contains(err.Error(), "without _") && !strings.Contains(err.Error(), setup.Class) {
			v.Add("form", fmt.Sprintf("not refused: %v", err))
		}
	case r.Error != "" || r.MultiTeam.Err != "":
		if err == nil || errors.Is(err, setup.ErrNoBackend) {
			v.Add("error", "none where Airflow has "+r.Error+r.MultiTeam.Err)
		}
	case r.Backend == nil:
		if !errors.Is(err, setup.ErrNoBackend) || s.Backend.MultiTeam != isMulti {
			v.Add("backend", fmt.Sprintf("none expected, multi_team %t: %v", isMulti, err))
		}
	case *r.Backend != setup.Class:
		v.Add("class", "", otherClass)
		if err == nil || !strings.Contains(err.Error(), setup.Class) {
			v.Add("class", "not refused")
		}
	default:
		fault, choices := sameAsKwargs(s, err, r.Kwargs, isMulti, r.Warned)
		v.Add("settings", fault, choices...)
	}
	return v
}

// environ writes the files of a row and returns its environment.
func (r cfgRow) environ(home string) (environ []string, hasForm bool) {
	cfg := filepath.Join(home, "airflow.cfg")
	if r.CfgAt != nil {
		cfg = filepath.Join(home, *r.CfgAt)
	}
	write := func(path, text string) {
		_ = os.MkdirAll(filepath.Dir(path), 0o700)
		_ = os.WriteFile(path, []byte(text), 0o600)
	}
	if r.Cfg != nil {
		write(cfg, *r.Cfg)
		hasForm = form.MatchString(*r.Cfg) && !plain.MatchString(*r.Cfg)
	}
	for name, text := range r.Files {
		write(filepath.Join(home, name), text)
	}
	env := map[string]*string{"AIRFLOW_HOME": &home, "HOME": &home}
	for name, value := range r.Env {
		env[name] = value
		hasForm = hasForm || form.MatchString(name)
	}
	for name := range r.Env {
		hasForm = hasForm && !strings.HasSuffix(name, "BACKEND_KWARGS")
	}
	places := strings.NewReplacer("${CFG}", cfg, "${HOME_DIR}", home)
	for name, value := range env {
		if value != nil {
			environ = append(environ, name+"="+places.Replace(*value))
		}
	}
	slices.Sort(environ)
	return environ, hasForm
}

// sameAsKwargs compares the result of Load with that of ParseKwargs for the recorded kwargs, so
// that every field is compared.
func sameAsKwargs(s setup.Settings, err error, kwargs []byte, multiTeam, warned bool) (fault string, choices []string) {
	want, refused := setup.ParseKwargs(kwargs)
	if (refused != nil) != isRefused(kwargs) {
		return fmt.Sprintf("refused or not, against the choice: %v", refused), nil
	}
	if refused != nil {
		if err == nil || reason(err) != reason(refused) {
			return fmt.Sprintf("%v where ParseKwargs has %v", err, refused), nil
		}
		return "", []string{wrongType}
	}
	if err != nil {
		return err.Error(), nil
	}
	want.From, want.Backend.MultiTeam = s.From, multiTeam
	if warned {
		if len(s.Warnings) == 0 || s.Warnings[0].Rule != "ignored-kwargs" {
			return "no warning that the kwargs are ignored", nil
		}
		s.Warnings = s.Warnings[1:]
	}
	// ParseKwargs does not see the names of variables and options.
	s.Warnings = slices.DeleteFunc(s.Warnings, func(w setup.Warning) bool { return w.Kwarg == "" && (w.Rule == "misspelled" || w.Rule == "no-backend") })
	if len(s.Warnings) == 0 {
		s.Warnings = nil
	}
	if !reflect.DeepEqual(s, want) {
		return fmt.Sprintf("%+v where %+v is expected", s, want), nil
	}
	return "", nil
}

// reason returns an error without the place at its beginning.
func reason(err error) string {
	text := err.Error()
	return text[strings.LastIndex(text, ": ")+2:]
}

// processOf returns the process for which a row with this worker_mode was recorded.
func processOf(workerMode bool) setup.Process {
	if workerMode {
		return setup.Worker
	}
	return setup.Server
}
