package hook_test

import (
	"encoding/json"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

var smtpTest = hookTest{
	name:   "smtp",
	leaves: 3897,
	read: func(c connuri.Connection) (object, error) {
		config, err := hook.SMTP(c)
		return smtpObject(config), err
	},
	fails: func(result object) string {
		if result["error"] != nil {
			return "the hook"
		}
		return ""
	},
	refused: func(result object) string {
		kwargs, _ := result["kwargs"].(object)
		calls, _ := result["calls"].([]any)
		seconds, isNumber := kwargs["timeout"].(json.Number)
		switch {
		case result["client"] == nil:
			return "retry_limit below 0"
		case result["client"] == "SMTP_SSL" && len(calls) > 0 && calls[0].([]any)[0] == "starttls":
			return "TLS from the start and STARTTLS over it"
		case isNumber && (seconds == "0" || seconds[0] == '-'):
			return "timeout 0 or below"
		}
		return ""
	},
	notCompared: []string{"auth_type"}, // its effect is in calls
	want: func(result object) object {
		kwargs, ok := result["kwargs"].(object)
		if ok && kwargs["port"] == nil {
			kwargs["port"] = map[any]int{"SMTP_SSL": 465, "SMTP": 25}[result["client"]]
		}
		return result
	},
	choices: []hookChoice{loginTrue},
}

// smtpObject is the settings in the form of a row.
func smtpObject(config hook.SMTPConfig) object {
	got := object{
		"from_email": config.FromEmail, "subject_template": config.SubjectTemplate,
		"html_content_template": config.HTMLContentTemplate, "retry_limit": config.RetryLimit,
	}
	if config.RetryLimit < 0 {
		return got // it connects to nothing
	}
	var verify any
	if config.TLS.Mode == hook.TLSVerifyFull && config.TLS.ServerName == config.Host {
		verify = "default"
	}
	kwargs := object{"host": config.Host, "port": config.Port, "timeout": int(config.Timeout.Seconds())}
	got["kwargs"], got["client"] = kwargs, "SMTP"
	if config.Mode == hook.SMTPImplicitTLS {
		got["client"], kwargs["context"] = "SMTP_SSL", verify
	}
	var calls []any
	if config.Mode == hook.SMTPStartTLS || config.StartTLSToo {
		calls = append(calls, []any{"starttls", verify}, []any{"ehlo"})
	}
	if config.User != "" {
		calls = append(calls, []any{"login", config.User, config.Password.Reveal()})
	}
	if x := config.XOAUTH2; x != nil {
		token := x.AccessToken.Reveal()
		if x.AccessToken.IsZero() {
			token = "<token>"
			got["oauth2"] = object{
				"client_id": x.ClientID, "client_credential": x.ClientSecret.Reveal(), "authority": x.Authority, "scopes": []any{x.Scope},
			}
		}
		calls = append(calls, []any{"auth", "XOAUTH2", "user=" + x.User + "\x01auth=Bearer " + token + "\x01\x01"})
	}
	got["calls"] = calls
	return got
}
