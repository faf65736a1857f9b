package dev.cortex.gateway;

import dev.cortex.bus.Directory;
import dev.cortex.bus.Message;
import dev.cortex.bus.Message.Delivery;
import dev.cortex.bus.Message.Located;
import dev.cortex.bus.Message.Standing;
import dev.cortex.event.Channel;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Position;
import dev.cortex.event.RefusedException;
import dev.cortex.event.Since;
import dev.cortex.event.StoredEvent;
import dev.cortex.ops.Metrics;
import dev.cortex.sim.Schedule;
import dev.cortex.sim.Traffic;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** The live side of one gateway, with clients in place of sockets. */
public final class GatewayModel {

  private final Schedule schedule;
  private final Directory directory;
  private final Wire wire;
  private final Feeds feeds;
  private final Beginnings beginnings;
  private final TransportLimits limits = new TransportLimits(20, 16, 5);
  private int clients;
  private boolean stopped;

  /** How a gateway reaches the rooms of a node. */
  public interface Wire {
    /** Asks. */
    Future<? extends Message> ask(String node, Message question);

    /** Tells. */
    void tell(String node, Message message);
  }

  /**
   * A gateway.
   *
   * @param directory where it believes the rooms to be
   */
  public GatewayModel(Schedule schedule, String address, Directory directory, Wire wire) {
    this.schedule = schedule;
    this.directory = directory;
    this.wire = wire;
    Feeds.Bounds small = new Feeds.Bounds(3_000, 5_000, 1_000, 7, 2_000, 5, 2);
    this.feeds = new Feeds(new Link(), address, small, limits, new Metrics(), schedule, directory, org -> 1);
    this.beginnings = new Beginnings(feeds);
  }

  private final class Link implements RoomLink {

    @Override
    public <T extends Message> Future<T> ask(String orgId, Message question, Class<T> answer) {
      Promise<T> promise = Promise.promise();
      ask(orgId, question, answer, 10, promise);
      return promise.future();
    }

    private <T extends Message> void ask(
        String orgId, Message question, Class<T> answer, int tries, Promise<T> promise) {
      askNode(directory.ownerOf(orgId), question, answer).onComplete(promise::complete, failure -> {
        boolean moved = failure instanceof RefusedException refused && refused.code() == ErrorCode.MOVED;
        if (moved && tries > 1) {
          after(100, () -> ask(orgId, question, answer, tries - 1, promise));
        } else {
          promise.fail(failure);
        }
      });
    }

    @Override
    public <T extends Message> Future<T> askNode(String node, Message question, Class<T> answer) {
      return wire.ask(node, question).map(answer::cast);
    }

    @Override
    public void tell(String node, Message message) {
      wire.tell(node, message);
    }

    @Override
    public void soon(Runnable turn) {
      after(0, turn);
    }

    @Override
    public long after(long ms, Runnable turn) {
      return schedule.after(ms * 1000, () -> {
        if (!stopped) {
          turn.run();
        }
      });
    }

    @Override
    public boolean cancel(long timer) {
      return schedule.cancel(timer);
    }
  }

  /** Takes a delivery in. */
  public void deliver(Delivery delivery) {
    feeds.onDelivery(delivery);
  }

  /** Takes in where logs stand. */
  public void standing(Standing standing) {
    feeds.onStanding(standing);
  }

  /** The process is gone. */
  public void stop() {
    stopped = true;
  }

  /** What happens once a second. */
  public void tick() {
    feeds.tick();
  }

  /** Polls once: the answer is how many events are new after a position, and what else it says. */
  public Future<Located> poll(String orgId, Position from) {
    return beginnings.locate(Channel.root(orgId), new Since.Cursor(from))
        .onSuccess(located -> feeds.polled(orgId, false));
  }

  /** Whether the gateway answers a poll of that org without asking. */
  public boolean knows(String orgId, Position from) {
    return beginnings.known(Channel.root(orgId), new Since.Cursor(from)).isPresent();
  }

  /** Feeds that are on their way to another room. */
  public int moving() {
    return feeds.moving();
  }

  /** Feeds there are. */
  public int size() {
    return feeds.all().size();
  }

  /** A client without subscriptions. */
  public Client connect() {
    return new Client("client" + clients++);
  }

  /** Events that a client was told it will not receive: those after one offset, up to another. */
  public record Loss(long after, long through) {}

  /** What a subscription is to receive. */
  public static final class Heard {
    /** What was subscribed to. */
    public final Channel channel;
    /** Nothing up to this offset is wanted; -1 before the subscription began. */
    public long after = -1;
    /** Where it stood when it was ended, else the end of the log. */
    public long through = Long.MAX_VALUE;
    /** Up to here it may have delivered. */
    public long furthest = Long.MAX_VALUE;
    /** Whether all orgs' newcomers made it. */
    public boolean appeared;
    /** Whether the client ended it, or asked for the same channel anew. */
    public boolean ended;
    /** Losses that were announced. */
    public final List<Loss> losses = new ArrayList<>();

    private Subscriber subscriber;

    private Heard(Channel channel) {
      this.channel = channel;
    }

    @Override
    public String toString() {
      return channel.text() + '(' + after + ", " + through + "] " + losses
          + (subscriber == null ? "" : " " + subscriber.state() + " at " + subscriber.position());
    }
  }

  /** A client whose socket takes a few batches and then nothing until it drains. */
  public final class Client implements Outlet {
    /** What was received, in order; of all subscriptions. */
    public final List<StoredEvent> received = new ArrayList<>();
    /** Subscriptions, ended ones included. */
    public final List<Heard> heard = new ArrayList<>();
    /** Refusals of beginnings. */
    public final List<ErrorCode> refused = new ArrayList<>();

    private final String name;
    private final Subscriptions subscriptions;
    private int room = 3;
    private boolean draining;
    private boolean broken;
    private boolean closed;
    private boolean thrownOut;
    private Consumer<Feed> newcomer;

    private Client(String name) {
      this.name = name;
      this.subscriptions = new Subscriptions(this, limits, name, 0);
    }

    /** Subscribes from now on. */
    public void live(Channel channel) {
      feeds.feed(channel.orgId()).onSuccess(feed -> {
        if (closed) {
          return;
        }
        Heard heard = begin(channel);
        heard.subscriber = subscriptions.add(feed, channel);
        heard.after = feed.flushed();
        heard.subscriber.startLive();
      });
    }

    /** Subscribes after a position. */
    public void since(Channel channel, Since since) {
      beginnings.locate(channel, since)
          .compose(located -> feeds.feed(channel.orgId()).onSuccess(feed -> {
            if (closed) {
              return;
            }
            Heard heard = begin(channel);
            heard.subscriber = subscriptions.add(feed, channel);
            heard.after = located.after();
            heard.subscriber.startAfter(located.after());
          }))
          .onFailure(failure -> refused.add(((RefusedException) failure).code()));
    }

    /** Subscribes to every org there will be; {@code watching} runs when nothing committed later may be missed. */
    public void everyOrg(Runnable watching) {
      newcomer = feed -> {
        Channel root = Channel.root(feed.orgId());
        if (!closed && !subscriptions.has(root)) {
          Heard heard = begin(root);
          heard.appeared = true;
          heard.after = feed.flushed();
          heard.subscriber = subscriptions.add(feed, root);
          heard.subscriber.startLive();
        }
      };
      feeds.everyOrg().watch(newcomer).onSuccess(attached -> {
        if (!closed) {
          watching.run();
          feeds.all().forEach(newcomer);
        }
      });
    }

    /** Ends a subscription. */
    public void end(Channel channel) {
      if (!closed) {
        settle(channel);
        subscriptions.remove(channel);
      }
    }

    private void settle(Channel channel) {
      for (Heard one : heard) {
        if (one.channel.equals(channel) && one.subscriber != null) {
          settle(one);
          one.ended = true;
        }
      }
    }

    /** Where the client would resume. */
    public Position cursor(String orgId) {
      return subscriptions.covered().get(orgId);
    }

    /** Fails at the next write. */
    public void breakDown() {
      broken = true;
    }

    /** Its name, unique in its history. */
    public String name() {
      return feeds.readerName() + '.' + name;
    }

    /** Whether it left, or was thrown out. */
    public boolean left() {
      return closed;
    }

    /** Whether writing failed and the connection ended for it. */
    public boolean brokeDown() {
      return thrownOut;
    }

    /** Leaves. */
    public void close() {
      if (closed) {
        return;
      }
      closed = true;
      if (newcomer != null) {
        feeds.everyOrg().unwatch(newcomer);
      }
      for (Heard one : heard) {
        settle(one);
      }
      subscriptions.close();
    }

    private long last(String orgId) {
      return received.stream().filter(event -> Traffic.org(event).equals(orgId))
          .mapToLong(StoredEvent::offset).max().orElse(0);
    }

    private void settle(Heard one) {
      if (one.through == Long.MAX_VALUE && one.subscriber != null) {
        one.through = Math.max(one.after, one.subscriber.position());
        // one that reads again what another left to it had come further already
        one.furthest = Math.max(one.through, last(one.channel.orgId()));
      }
    }

    private Heard begin(Channel channel) {
      settle(channel);
      Heard begun = new Heard(channel);
      heard.add(begun);
      return begun;
    }

    @Override
    public boolean writable() {
      if (room <= 0 && !draining && !closed) {
        draining = true;
        schedule.after(schedule.random().nextInt(200_000), () -> {
          draining = false;
          room = 1 + schedule.random().nextInt(6);
          subscriptions.pump();
        });
      }
      return room > 0;
    }

    @Override
    public void write(Joined events) {
      if (broken) {
        throw new IllegalStateException("planned");
      }
      received.addAll(events.events());
      room--;
    }

    @Override
    public void flush() {
      if (!closed && schedule.chance(200)) {
        room = 1 + schedule.random().nextInt(4);
        subscriptions.pump(); // a socket that drains at once says so in the middle of a pass
      }
    }

    @Override
    public void lagging(Subscriber subscriber, long queueDepth) {}

    @Override
    public void pressure(Subscriber subscriber, long queueDepth) {}

    @Override
    public void caughtUp(Subscriber subscriber) {}

    @Override
    public void lost(Subscriber subscriber, ErrorCode reason, Position head) {
      for (Heard one : heard) {
        if (one.subscriber == subscriber) {
          one.losses.add(new Loss(last(one.channel.orgId()), head.offset()));
        }
      }
    }

    @Override
    public void broken(RuntimeException failure) {
      thrownOut = true;
      closed = true;
      subscriptions.close();
    }

    @Override
    public String userId() {
      return name;
    }
  }
}
