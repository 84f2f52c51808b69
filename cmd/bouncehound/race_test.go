//go:build race

package main

// underRace is true where the race detector's own memory makes that of a program no measure.
const underRace = true
