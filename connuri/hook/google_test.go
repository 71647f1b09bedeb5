package hook_test

import (
	"slices"
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
		case otherType(result, "project") != "", otherType(result["credentials"], googleTexts) != "" && !isObject(at(result, "credentials", "credential_config_file")):
			return "google-auth takes text only"
		case slices.ContainsFunc(listOf(at(result, "credentials", "delegates")), func(v any) bool { _, ok := v.(string); return !ok }),
			isTrue(at(result, "credentials", "target_principal")) && !isText(at(result, "credentials", "target_principal")):
			return "google-auth takes texts only"
		}
		return ""
	},
	refused: func(object) string { return "" },
	inert: func(result object) {
		dropFalse(result["credentials"], googleTexts+" keyfile_dict idp_extra_params_dict")
	},
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
	choices: []hookChoice{{
		reason: "a key stands in the place of its path or name, which the settings print",
		met: func(_ connuri.Connection, _ error, result object) bool {
			return isKeyText(at(result, "credentials", "key_path")) || isKeyText(at(result, "credentials", "key_secret_name"))
		},
	}, {
		reason: "NaN in JSON, which this test does not decode",
		met: func(_ connuri.Connection, _ error, result object) bool {
			return at(result, "credentials", "keyfile_dict", "a", "$float") != nil
		},
		part: "keyfile_dict",
	}, {
		reason: "NaN in JSON, which this test does not decode",
		met: func(_ connuri.Connection, _ error, result object) bool {
			return at(result, "credentials", "idp_extra_params_dict", "a", "$float") != nil
		},
		part: "idp_extra_params_dict",
	}, {
		reason: "a login may stand in the URL, which the settings print",
		met: func(_ connuri.Connection, _ error, result object) bool {
			return mayHoldLogin(result["credentials"], "idp_issuer_url", "@?#")
		},
	}},
	leaves: 3059,
}

// googleTexts are the arguments that google-auth takes as text.
const googleTexts = "key_path credential_config_file key_secret_name key_secret_project_id idp_issuer_url client_id client_secret"

func listOf(v any) []any {
	list, _ := v.([]any)
	return list
}

// googleConfig is a configuration as an object, whether it was one or the text of one: the
// hook makes the same of both. A path stays text.
func googleConfig(text string) any {
	if v, ok := decoded(text).(object); ok && strings.HasPrefix(text, "{") {
		return v
	}
	return text
}
