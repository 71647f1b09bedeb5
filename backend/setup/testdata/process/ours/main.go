// Ours opens a backend and makes one lookup: ours KWARGS ID.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/airflowsecrets/airflowsecrets/backend/setup"
)

func main() {
	ctx := context.Background()
	settings, err := setup.ParseKwargs([]byte(os.Args[1]))
	if err != nil {
		log.Fatal(err)
	}
	b, err := settings.Open(ctx)
	if err != nil {
		log.Fatal(err)
	}
	conn, err := b.GetConnection(ctx, os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(conn.Host)
}
