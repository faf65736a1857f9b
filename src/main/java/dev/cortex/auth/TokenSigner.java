package dev.cortex.auth;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.cortex.base.Pure;
import dev.cortex.event.ChannelPattern;
import java.nio.charset.StandardCharsets;
import java.util.Date;
import java.util.List;

/**
 * Makes users' tokens, signed with the configured secret.
 *
 * @param secret at least 32 bytes in UTF-8
 * @param issuer the {@code iss} claim; empty for none
 * @param audience the {@code aud} claim
 */
@Pure
public record TokenSigner(String secret, String issuer, String audience) {

  /**
   * What a token says.
   *
   * @param scope words separated by spaces
   * @param channels where it may do that; empty means everywhere in the org
   * @param ttlSeconds how long it is good
   */
  public record Grant(String org, String user, String scope, List<ChannelPattern> channels, long ttlSeconds) {}

  /**
   * A token in its compact form, issued now.
   *
   * @throws IllegalArgumentException when the secret is too short
   */
  public String sign(Grant grant, long nowMs) {
    JWTClaimsSet.Builder claims =
        new JWTClaimsSet.Builder()
            .subject(grant.user())
            .claim("org", grant.org())
            .audience(audience)
            .issueTime(new Date(nowMs))
            .expirationTime(new Date(nowMs + grant.ttlSeconds() * 1_000))
            .claim("scope", grant.scope());
    if (!issuer.isEmpty()) {
      claims.issuer(issuer);
    }
    if (!grant.channels().isEmpty()) {
      claims.claim("channels", grant.channels().stream().map(ChannelPattern::text).toList());
    }
    try {
      JWSHeader header = new JWSHeader.Builder(JWSAlgorithm.HS256).type(JOSEObjectType.JWT).build();
      SignedJWT token = new SignedJWT(header, claims.build());
      token.sign(new MACSigner(secret.getBytes(StandardCharsets.UTF_8)));
      return token.serialize();
    } catch (JOSEException e) {
      throw new IllegalArgumentException("auth.jwt_secret: must have at least 32 bytes", e);
    }
  }
}
