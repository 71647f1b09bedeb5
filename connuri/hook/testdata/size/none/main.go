// None is a program that uses backend and makes an HTTPS call.
package main

import (
	"context"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/airflowsecrets/airflowsecrets/backend"
)

func main() {
	b, err := backend.New(secretsmanager.New(secretsmanager.Options{}), backend.Config{})
	if err != nil {
		panic(err)
	}
	c, err := b.GetConnection(context.Background(), "id")
	fmt.Println(c, err)
	fmt.Println(http.Get("https://example.com"))
}
