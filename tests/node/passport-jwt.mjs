// Passport with passport-jwt and jwks-rsa, or with a shared secret: which of the tokens it takes.
import passport from 'passport';
import { ExtractJwt, Strategy } from 'passport-jwt';
import jwksRsa from 'jwks-rsa';

const { issuer, audience, alg, secret, tokens } = JSON.parse(process.env.ASKED);
const published = () => ({
  secretOrKeyProvider: jwksRsa.passportJwtSecret({ jwksUri: `${issuer}/.well-known/jwks.json`, cache: true }),
});

passport.use(
  new Strategy(
    {
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      issuer,
      audience,
      algorithms: [alg],
      ...(secret ? { secretOrKey: secret } : published()),
    },
    (claims, done) => done(null, claims),
  ),
);

const taken = {};
for (const [name, token] of Object.entries(tokens)) {
  const request = { headers: { authorization: `Bearer ${token}` } };
  await new Promise((resolve, reject) => {
    passport.authenticate('jwt', { session: false }, (error, claims) => {
      if (error) return reject(error);
      if (claims) taken[name] = claims.username;
      resolve();
    })(request, {}, reject);
  });
}
console.log(JSON.stringify(taken));
