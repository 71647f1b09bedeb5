package main

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"log"
	"mime"
	"net"
	"net/http"
	"time"

	"github.com/airflowsecrets/airflowsecrets/examples/internal/guard"
)

// serve answers requests until ctx ends, and then completes those under way.
func serve(ctx context.Context, listener net.Listener) error {
	server := &http.Server{
		Handler:           handler(),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      30 * time.Second,
		ErrorLog:          log.New(io.Discard, "", 0), // what was typed must not be logged
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	if server.Shutdown(grace) != nil {
		_ = server.Close()
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

//go:embed page
var files embed.FS

// handler serves the page and answers its questions.
func handler() http.Handler {
	page, err := fs.Sub(files, "page")
	if err != nil {
		panic(err) // page is embedded above
	}
	mux := http.NewServeMux()
	mux.Handle("GET /", http.FileServerFS(page))
	mux.HandleFunc("POST /plan", plan)
	return headers(guard.Loopback(mux, guard.Plain))
}

// headers make the browser load from, run and send to nothing but this server.
func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; "+
			"script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "+
			"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "+
			"require-trusted-types-for 'script'; trusted-types 'none'")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// mostBytes is the longest request, with room for some 20,000 ids.
const mostBytes = 1 << 20

// plan answers a question. Questions do not wait for each other. Each takes a bounded number
// of steps, and ends when the page cancels it, as it does when the user types on.
func plan(w http.ResponseWriter, r *http.Request) {
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || mediaType != "application/json" {
		refuse(w, http.StatusUnsupportedMediaType, "the content type must be application/json")
		return
	}
	var q question
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, mostBytes))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&q); err != nil { // its text may quote the question
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			refuse(w, http.StatusRequestEntityTooLarge, "the question is longer than a megabyte: use fewer ids")
			return
		}
		refuse(w, http.StatusBadRequest, "not a question of this page")
		return
	}
	a, err := q.answer(r.Context())
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	send(w, http.StatusOK, a)
}

// refuse sends the reason why there is no answer. It must not quote the question.
func refuse(w http.ResponseWriter, code int, why string) {
	send(w, code, map[string]string{"error": why})
}

func send(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(body) // the page may have canceled it
}
