// A path with delay, loss, a rate and a queue between two network namespaces, in user space, for kernels without netem.
//   shaper NAMESPACE_A NAMESPACE_B SETTINGS_FILE
// Makes the tun device "path0" in each namespace and carries packets between them, each direction on its own. The file holds
// "DELAY_MS LOSS_PERCENT RATE_KBIT QUEUE_BYTES", delay one way, and is read again ten times a second.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define MAX_PACKETS 65536
#define MAX_PACKET_BYTES 65536
#define SETTINGS_EVERY_US 100000

struct packet {
  int64_t due_us;
  int bytes;
  unsigned char *data;
};

/* One direction: packets in the order in which they leave. */
struct direction {
  struct packet packets[MAX_PACKETS];
  unsigned head, tail;
  int64_t bottleneck_free_us;
};

static struct direction directions[2];
static double delay_ms, loss_percent, rate_kbit;
static long queue_bytes;

static int64_t now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static int fail(const char *what) {
  perror(what);
  exit(1);
}

static int open_device(const char *namespace) {
  char path[256];
  snprintf(path, sizeof path, "/var/run/netns/%s", namespace);
  int ns = open(path, O_RDONLY);
  if (ns < 0 || setns(ns, CLONE_NEWNET)) fail(path);
  close(ns);
  int device = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
  if (device < 0) fail("/dev/net/tun");
  struct ifreq request;
  memset(&request, 0, sizeof request);
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  strcpy(request.ifr_name, "path0");
  if (ioctl(device, TUNSETIFF, &request)) fail("TUNSETIFF");
  return device;
}

/* What waits in a queue leaves at the new rate. */
static void change_rate(struct direction *way, double factor) {
  int64_t now = now_us();
  int64_t delay_us = delay_ms * 1000;
  if (way->bottleneck_free_us <= now) return;
  way->bottleneck_free_us = now + (way->bottleneck_free_us - now) * factor;
  for (unsigned at = way->head; at != way->tail; at++) {
    struct packet *packet = &way->packets[at % MAX_PACKETS];
    int64_t wait_us = packet->due_us - delay_us - now;
    if (wait_us > 0) packet->due_us = now + wait_us * factor + delay_us;
  }
}

static void read_settings(const char *path) {
  FILE *file = fopen(path, "r");
  if (file == NULL) return;
  double delay, loss, rate;
  long queue;
  /* Half-written settings are read again the next time. */
  if (fscanf(file, "%lf %lf %lf %ld", &delay, &loss, &rate, &queue) == 4) {
    for (int way = 0; way < 2 && rate_kbit > 0 && rate != rate_kbit; way++) {
      change_rate(&directions[way], rate_kbit / rate);
    }
    delay_ms = delay, loss_percent = loss, rate_kbit = rate, queue_bytes = queue;
  }
  fclose(file);
}

static void enqueue(struct direction *way, const unsigned char *data, int bytes) {
  int64_t now = now_us();
  if (random() % 100000 < loss_percent * 1000) return;
  if (way->bottleneck_free_us < now) way->bottleneck_free_us = now;
  int64_t waiting_bytes = (way->bottleneck_free_us - now) * rate_kbit / 8000;
  if (waiting_bytes + bytes > queue_bytes || way->tail - way->head >= MAX_PACKETS) return;
  way->bottleneck_free_us += bytes * 8000.0 / rate_kbit;
  struct packet *packet = &way->packets[way->tail++ % MAX_PACKETS];
  packet->due_us = way->bottleneck_free_us + delay_ms * 1000;
  packet->bytes = bytes;
  packet->data = malloc(bytes);
  if (packet->data == NULL) fail("malloc");
  memcpy(packet->data, data, bytes);
}

/* Gives what is due to `device`; returns when the next packet is. */
static int64_t deliver(struct direction *way, int device, int64_t now, int64_t next) {
  while (way->head != way->tail) {
    struct packet *packet = &way->packets[way->head % MAX_PACKETS];
    if (packet->due_us > now) return packet->due_us < next ? packet->due_us : next;
    if (write(device, packet->data, packet->bytes) < 0) { /* The device is down: lost, as on a wire. */
    }
    free(packet->data);
    way->head++;
  }
  return next;
}

int main(int count, char **arguments) {
  if (count != 4) {
    fprintf(stderr, "usage: shaper NAMESPACE_A NAMESPACE_B SETTINGS_FILE\n");
    return 2;
  }
  int settings = open(arguments[3], O_RDONLY);
  if (settings < 0) fail(arguments[3]);
  close(settings);
  int devices[2] = {open_device(arguments[1]), open_device(arguments[2])};
  static unsigned char buffer[MAX_PACKET_BYTES];
  int64_t settings_due = 0;
  srandom(7);
  for (;;) {
    int64_t now = now_us();
    if (now >= settings_due) {
      read_settings(arguments[3]);
      settings_due = now + SETTINGS_EVERY_US;
    }
    int64_t next = settings_due;
    for (int way = 0; way < 2; way++) next = deliver(&directions[way], devices[!way], now, next);
    int64_t wait_us = next - now_us();
    if (wait_us < 0) wait_us = 0;
    struct pollfd polled[2] = {{devices[0], POLLIN, 0}, {devices[1], POLLIN, 0}};
    struct timespec timeout = {wait_us / 1000000, wait_us % 1000000 * 1000};
    ppoll(polled, 2, &timeout, NULL);
    for (int way = 0; way < 2; way++) {
      for (int packets = 0; packets < 64; packets++) {
        int bytes = read(devices[way], buffer, sizeof buffer);
        if (bytes <= 0) break;
        enqueue(&directions[way], buffer, bytes);
      }
    }
  }
}
