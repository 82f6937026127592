# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2086,SC2317,SC2329 # no spaces in these; check calls functions
# shellcheck disable=SC2034 # arrays for the sourcing script
# Every algorithm, as words of "state add". To be sourced after lib.sh: fills
# suite_name[] and suite_words[], the ones most used first.

suite_name=() suite_words=()

# suite NAME KEY-NUMBER WORD...: @N stands for a key of N octets
suite() {
	local name=$1 number=$2 word words=()
	shift 2
	for word; do
		case $word in
		@0) word='""' ;;
		@*) word=$(key "${word#@}" "$number") number=$((number + 17)) ;;
		esac
		words+=("$word")
	done
	suite_name+=("$name")
	suite_words+=("${words[*]}")
}

all_suites() {
	local bits icv hash hash_key hash_icv n=0

	suite gcm16-128 1 aead 'rfc4106(gcm(aes))' @20 128
	suite chacha20-poly1305 2 aead 'rfc7539esp(chacha20,poly1305)' @36 128
	suite cbc-128-sha256 3 enc 'cbc(aes)' @16 auth-trunc 'hmac(sha256)' @32 128
	suite gcm16-192 4 aead 'rfc4106(gcm(aes))' @28 128
	suite gcm16-256 5 aead 'rfc4106(gcm(aes))' @36 128
	for icv in 64 96; do
		for bits in 128 192 256; do
			suite gcm$((icv / 8))-$bits $((n += 1)) \
				aead 'rfc4106(gcm(aes))' @$((bits / 8 + 4)) $icv
		done
	done
	for icv in 64 96 128; do
		for bits in 128 192 256; do
			suite ccm$((icv / 8))-$bits $((n += 1)) \
				aead 'rfc4309(ccm(aes))' @$((bits / 8 + 3)) $icv
		done
	done
	while read -r hash hash_key hash_icv; do
		for bits in 128 192 256; do
			[ $bits$hash = 128sha256 ] ||
			suite cbc-$bits-"$hash" $((n += 1)) enc 'cbc(aes)' @$((bits / 8)) \
				auth-trunc "hmac($hash)" "@$hash_key" "$hash_icv"
			suite ctr-$bits-"$hash" $((n += 1)) enc 'rfc3686(ctr(aes))' @$((bits / 8 + 4)) \
				auth-trunc "hmac($hash)" "@$hash_key" "$hash_icv"
		done
		suite null-"$hash" $((n += 1)) enc 'ecb(cipher_null)' @0 \
			auth-trunc "hmac($hash)" "@$hash_key" "$hash_icv"
		suite 3des-"$hash" $((n += 1)) enc 'cbc(des3_ede)' @24 \
			auth-trunc "hmac($hash)" "@$hash_key" "$hash_icv"
	done <<-EOF2
	sha1 20 96
	sha256 32 128
	sha384 48 192
	sha512 64 256
	EOF2
	# Without auth-trunc XFRM takes 96 bits for either. For SHA-256 nfsec takes the
	# 128 of RFC 4868 then, so that peers of the old length have to be named.
	suite cbc-128-sha1-default 5 enc 'cbc(aes)' @16 auth 'hmac(sha1)' @20
	suite cbc-128-sha256-96 6 enc 'cbc(aes)' @16 auth-trunc 'hmac(sha256)' @32 96
}

all_suites
