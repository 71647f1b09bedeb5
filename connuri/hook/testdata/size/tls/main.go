// Tls is a program that uses backend and makes an HTTPS call, and hook.Redis with its TLS.Config.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

func main() {
	b, err := backend.New(secretsmanager.New(secretsmanager.Options{}), backend.Config{})
	if err != nil {
		panic(err)
	}
	c, err := b.GetConnection(context.Background(), "id")
	fmt.Println(c, err)
	r, err := hook.Redis(c)
	fmt.Println(r.Addr(), r.Password.Reveal(), err)
	fmt.Println(r.TLS.Config(os.ReadFile))
	fmt.Println(http.Get("https://example.com"))
}
