// A real provider of OpenID Connect on loopback; tests/fakes/oidc.py starts it.
// Its own pages for signing in take any name in PEOPLE and any password.
import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import { Provider } from 'oidc-provider'

const { clientId, secret, redirect, people, inIdToken } = JSON.parse(process.env.PROVIDER)
const PERSON = ['name', 'preferred_username']

function keys(alg) {
  const options = { modulusLength: 2048, namedCurve: 'P-256' }
  const { privateKey } = generateKeyPairSync(alg === 'RS256' ? 'rsa' : 'ec', options)
  return { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg, kid: `key-${++made}` }
}

function provider(issuer, alg) {
  return new Provider(issuer, {
    clients: [
      {
        client_id: clientId,
        client_secret: secret,
        redirect_uris: [redirect],
        id_token_signed_response_alg: alg,
      },
    ],
    claims: { openid: ['sub'], profile: PERSON, email: ['email'], groups: ['groups'] },
    conformIdTokenClaims: !inIdToken,
    cookies: { keys: ['only for tests'] },
    findAccount: (_, id) =>
      people[id] && { accountId: people[id].sub, claims: () => people[id] },
    jwks: { keys: [keys(alg)] },
    pkce: { required: () => true },
  })
}

let made = 0
let handle
const server = createServer((request, response) => {
  if (request.url.startsWith('/test/rotate/')) {
    // The old key is gone, what people have open stays: as when a provider changes its keys.
    handle = provider(issuer, request.url.slice('/test/rotate/'.length)).callback()
    response.end()
  } else {
    handle(request, response)
  }
})
let issuer
server.listen(0, '127.0.0.1', () => {
  issuer = `http://127.0.0.1:${server.address().port}`
  handle = provider(issuer, 'RS256').callback()
  console.log(issuer)
})
// Whoever started it holds its standard input open.
process.stdin.on('end', () => process.exit()).resume()
