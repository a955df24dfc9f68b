// Package winetest runs Windows programs under Wine on Linux, for tests.
package winetest
