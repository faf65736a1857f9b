package dev.cortex.gateway;

import dev.cortex.auth.LocalGuard;
import dev.cortex.auth.ResumeTokens;
import dev.cortex.auth.TokenReader;
import dev.cortex.base.Clock;
import dev.cortex.config.CortexConfig;
import dev.cortex.event.Principal;
import io.vertx.core.Vertx;
import java.util.Optional;
import java.util.function.IntFunction;

/** What makes a gateway that of a desktop or that of a cloud node. */
interface Profile {

  /** The listeners, closed yet. */
  Doors doors(Vertx vertx);

  /** Makes resume tokens; empty where connections are not resumed by one. */
  Optional<Resumption> resumption();

  /** Whether rooms of other nodes talk to this gateway, on behalf of orgs that are strangers to each other. */
  boolean clustered();

  /** The profile of a cloud node. */
  record Cloud(CortexConfig config, TokenReader tokens, ResumeTokens resumeTokens, Clock clock) implements Profile {

    @Override
    public Doors doors(Vertx vertx) {
      return new CloudDoors(vertx, config, tokens, clock);
    }

    @Override
    public Optional<Resumption> resumption() {
      return Optional.of(new Resumption() {

        @Override
        public String issue(Visitor visitor) {
          return resumeTokens.issue(visitor.connection(), visitor.principal());
        }

        @Override
        public boolean verifies(String token, Principal principal) {
          return resumeTokens.verify(token, principal).isPresent();
        }
      });
    }

    @Override
    public boolean clustered() {
      return true;
    }
  }

  /** The profile of a desktop. */
  record Desktop(CortexConfig config, IntFunction<LocalGuard> guards, Clock clock) implements Profile {

    @Override
    public Doors doors(Vertx vertx) {
      return new DesktopDoors(vertx, config, guards, clock);
    }

    @Override
    public Optional<Resumption> resumption() {
      return Optional.empty();
    }

    @Override
    public boolean clustered() {
      return false;
    }
  }
}
