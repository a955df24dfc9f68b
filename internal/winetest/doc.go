// Package winetest runs Windows programs under Wine, for tests. It does so on Linux.
package winetest
