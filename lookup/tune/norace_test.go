//go:build !race

package tune_test

const raceDetector = false
