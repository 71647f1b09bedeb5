package hook_test

import (
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

// googleTest compares what the credentials are made of.
var googleTest = hookTest{
	name: "google_cloud_platform",
	read: func(c connuri.Connection) (object, error) {
		g, err := hook.GoogleCloud(c)
		credentials := object{
			"key_path": g.KeyPath, "keyfile_dict": decoded(g.KeyfileDict.Reveal()), "key_secret_name": g.KeySecretName,
			"key_secret_project_id": g.KeySecretProject, "credential_config_file": g.CredentialConfigFile, "is_anonymous": g.Anonymous,
			"scopes": anyList(g.Scopes), "target_principal": g.TargetPrincipal, "delegates": anyList(g.Delegates), "idp_issuer_url": g.IDPIssuerURL,
			"client_id": g.ClientID, "client_secret": g.ClientSecret.Reveal(), "idp_extra_params_dict": decoded(g.IDPExtraParams.Reveal()),
		}
		if !g.CredentialConfig.IsZero() {
			credentials["credential_config_file"] = googleConfig(g.CredentialConfig.Reveal())
		}
		got := object{"project": g.Project, "quota_project_id": g.QuotaProject, "num_retries": g.NumRetries}
		for key, v := range credentials {
			got[key] = v
		}
		return got, err
	},
	fails: func(result object) string {
		switch {
		case result["error"] != nil:
			return "the hook"
		case at(result, "num_retries", "error") != nil:
			return "the hook, at num_retries"
		}
		return ""
	},
	refused: func(object) string { return "" },
	want: func(result object) object {
		want, _ := result["credentials"].(object)
		want["project"], want["quota_project_id"], want["num_retries"] = result["project"], result["quota_project_id"], result["num_retries"]
		if want["project"] == "<project of the credentials>" {
			want["project"] = nil
		}
		if text, ok := want["credential_config_file"].(string); ok {
			want["credential_config_file"] = googleConfig(text)
		}
		return want
	},
	truths: []string{"is_anonymous"},
	leaves: 3059,
}

// googleConfig is a configuration as an object, whether it was one or the text of one: the
// hook makes the same of both. A path stays text.
func googleConfig(text string) any {
	if v, ok := decoded(text).(object); ok && strings.HasPrefix(text, "{") {
		return v
	}
	return text
}
