//go:build race

package pyre

const raceDetector = true
