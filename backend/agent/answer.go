package agent

import (
	"encoding/json"
	"errors"
	"io"
	"math"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/smithy-go"
	smithytime "github.com/aws/smithy-go/time"

	"github.com/airflowsecrets/airflowsecrets/backend/internal/bodylimit"
	"github.com/airflowsecrets/airflowsecrets/backend/internal/jsonplace"
)

func readBody(r io.Reader) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r, bodylimit.PerSecret+1))
	if err == nil && len(body) > bodylimit.PerSecret {
		err = bodylimit.ErrTooLong
	}
	return body, err
}

// answer is the JSON of GetSecretValue as agents write it.
type answer struct {
	ARN           *string
	Name          *string
	VersionId     *string //nolint:revive // AWS's spelling
	SecretString  *string
	SecretBinary  []byte
	VersionStages []string
	CreatedDate   date
}

// readAnswer parses the body of a response. The error gives the position of the problem and
// quotes nothing.
func readAnswer(body []byte) (*secretsmanager.GetSecretValueOutput, error) {
	var a answer
	if err := json.Unmarshal(body, &a); err != nil {
		at := ""
		if n := jsonplace.Broken(string(body)); n >= 0 {
			at = ", byte " + strconv.Itoa(n)
		}
		return nil, &smithy.DeserializationError{Err: errors.New("the response is not the JSON of GetSecretValue" + at)}
	}
	return &secretsmanager.GetSecretValueOutput{
		ARN:           a.ARN,
		Name:          a.Name,
		VersionId:     a.VersionId,
		SecretString:  a.SecretString,
		SecretBinary:  a.SecretBinary,
		VersionStages: a.VersionStages,
		CreatedDate:   a.CreatedDate.at,
	}, nil
}

// date is a time in any of the forms that agents write.
type date struct{ at *time.Time }

// UnmarshalJSON ignores text that is not a date, since nothing depends on the date.
func (d *date) UnmarshalJSON(doc []byte) error {
	text := string(doc)
	if json.Unmarshal(doc, &text) != nil {
		text = string(doc) // a number
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		d.at = &at
	} else if seconds, err := strconv.ParseFloat(text, 64); err == nil && math.Abs(seconds) < 1e11 { // the year 5138
		at := smithytime.ParseEpochSeconds(seconds)
		d.at = &at
	}
	return nil
}
