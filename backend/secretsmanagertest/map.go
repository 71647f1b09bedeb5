package secretsmanagertest

import (
	"context"
	"fmt"
	"hash/maphash"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/smithy-go"
)

// Map maps names of secrets to texts. It is a client without a network. It supports only
// GetSecretValue, by exact name. Each secret has one version, labeled AWSCURRENT. The errors
// have the types of the SDK. As with any map, several goroutines may read it while nobody
// writes to it.
//
// Use it for simple tests and under testing/synctest, whose clock does not advance while a
// goroutine waits for the network. For everything else, use [Server].
type Map map[string]string

// GetSecretValue returns the text of a name. It ignores the options.
func (m Map) GetSecretValue(ctx context.Context, in *secretsmanager.GetSecretValueInput, _ ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	out, err := m.get(ctx, in)
	if err != nil { // wrapped as by the SDK's client
		return nil, &smithy.OperationError{ServiceID: secretsmanager.ServiceID, OperationName: "GetSecretValue", Err: err}
	}
	return out, nil
}

func (m Map) get(ctx context.Context, in *secretsmanager.GetSecretValueInput) (*secretsmanager.GetSecretValueOutput, error) {
	if in == nil || in.SecretId == nil {
		invalid := smithy.InvalidParamsError{Context: "GetSecretValueInput"}
		invalid.Add(smithy.NewErrParamRequired("SecretId"))
		return nil, invalid
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	name := *in.SecretId
	text, ok := m[name]
	if !ok {
		return nil, &types.ResourceNotFoundException{Message: aws.String(errNotFound.message)}
	}
	version := mapVersion(name, text)
	switch {
	case in.VersionId != nil && *in.VersionId != version:
		return nil, notFoundMapped("VersionId", *in.VersionId)
	case in.VersionStage != nil && *in.VersionStage != stageCurrent:
		return nil, notFoundMapped("staging label", *in.VersionStage)
	}
	return &secretsmanager.GetSecretValueOutput{
		ARN:           aws.String("arn:aws:secretsmanager:us-east-1:123456789012:secret:" + name + "-AbCdEf"),
		Name:          aws.String(name),
		SecretString:  aws.String(text),
		VersionId:     aws.String(version),
		VersionStages: []string{stageCurrent},
		CreatedDate:   aws.Time(time.Date(2018, 4, 4, 0, 0, 0, 0, time.UTC)),
	}, nil
}

func notFoundMapped(by, which string) error {
	return &types.ResourceNotFoundException{Message: aws.String(notFoundValue(by, which).message)}
}

var mapSeed = maphash.MakeSeed()

// mapVersion returns a version ID that changes with the text. The hash has a random seed, so
// that the ID reveals nothing about the text.
func mapVersion(name, text string) string {
	a, b := maphash.String(mapSeed, name), maphash.String(mapSeed, name+"\x00"+text)
	return fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", a>>32, a>>16&0xffff, a&0xfff, b>>52, b&0xffffffffffff)
}
