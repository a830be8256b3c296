// A real identity provider for tests: `node identity_provider.mjs LIBRARY HEADROW`, the file of npm's oidc-provider and
// the address of a Headrow. Whoever signs in as `amina` has the address amina@example.org; any password will do. It says
// its issuer in its first line, and ends with whoever reads that.
import http from 'node:http';
import { pathToFileURL } from 'node:url';

const [library, headrow] = process.argv.slice(2);
const { Provider } = await import(pathToFileURL(library));
const way = `${headrow}/sign-in/providers/local`;

const server = http.createServer();
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;
const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'headrow',
      client_secret: 'a secret: with /signs & spaces',
      redirect_uris: [`${way}/callback`],
      post_logout_redirect_uris: [`${headrow}/signed-out`],
      backchannel_logout_uri: `${way}/logout`,
      backchannel_logout_session_required: true,
    },
  ],
  claims: { openid: ['sub'], email: ['email', 'email_verified'] },
  cookies: { keys: ['only for tests'] },
  features: { backchannelLogout: { enabled: true }, devInteractions: { enabled: true } },
  fetch: (url, { dispatcher, ...options }) => fetch(url, options), // the dispatcher reaches no address of this machine
  pkce: { required: () => true },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, email: `${id}@example.org`, email_verified: id !== 'unverified' }),
  }),
});
provider.on('server_error', (_, error) => console.error(error));
provider.on('backchannel.error', (_, error) => console.error(error));
server.on('request', provider.callback());
console.log(issuer);
process.stdin.on('end', () => process.exit(0)).resume();
