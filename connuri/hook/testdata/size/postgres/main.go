// Postgres is a program that uses backend and makes an HTTPS call, and hook.Postgres.
package main

import (
	"context"
	"fmt"
	"net/http"

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
	pg, err := hook.Postgres(c)
	fmt.Println(pg.Keywords(), pg.Password.Reveal(), pg.ConnectTimeout, err)
	fmt.Println(http.Get("https://example.com"))
}
