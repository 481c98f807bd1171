/*
 * HTTP dates. Neither the locale nor the time zone of the process reaches this file: names are ours and days are
 * counted here, on the proleptic Gregorian calendar.
 */
#include "http/date.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define DAY INT64_C(86400)
#define YEAR_0 INT64_C(-62167219200) /* 0000-01-01T00:00:00Z */
#define YEAR_9999_END INT64_C(253402300799)

enum { MONTHS = 12, WEEKDAYS = 7, FUTURE_YEARS = 50 };

static const char month_names[MONTHS][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
static const char *const weekday_names[WEEKDAYS] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                    "Thursday", "Friday", "Saturday"};

struct civil {
    int64_t year;
    int month; /* 1 to 12 */
    int day;   /* 1 to 31 */
};

/*
 * Both ways between days since 1970-01-01 and a civil date count years from March, so that a leap day ends its year,
 * and in eras of 400 years, all of which have the same length. Months from March begin at day (153 * n + 2) / 5 of the
 * year.
 */
enum { ERA_YEARS = 400, ERA_DAYS = 146097, MARCH_0_TO_EPOCH = 719468 };

static int64_t days_from_civil(struct civil c) {
    int64_t year = c.month > 2 ? c.year : c.year - 1;
    int64_t era = (year >= 0 ? year : year - (ERA_YEARS - 1)) / ERA_YEARS;
    int64_t of_era = year - era * ERA_YEARS;
    int from_march = (c.month + 9) % MONTHS;
    int64_t day_of_year = (153 * from_march + 2) / 5 + c.day - 1;
    return era * ERA_DAYS + of_era * 365 + of_era / 4 - of_era / 100 + day_of_year - MARCH_0_TO_EPOCH;
}

static struct civil civil_from_days(int64_t days) {
    int64_t shifted = days + MARCH_0_TO_EPOCH;
    int64_t era = (shifted >= 0 ? shifted : shifted - (ERA_DAYS - 1)) / ERA_DAYS;
    int day_of_era = (int)(shifted - era * ERA_DAYS);
    /* Without its leap days so far, an era is made of years of 365 days. */
    int of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int day_of_year = day_of_era - (365 * of_era + of_era / 4 - of_era / 100);
    int from_march = (5 * day_of_year + 2) / 153;
    int month = from_march < 10 ? from_march + 3 : from_march - 9;
    return (struct civil){.year = era * ERA_YEARS + of_era + (month <= 2),
                          .month = month,
                          .day = day_of_year - (153 * from_march + 2) / 5 + 1};
}

static int64_t days_of(int64_t seconds) {
    return (seconds >= 0 ? seconds : seconds - (DAY - 1)) / DAY;
}

static void put_two(char *out, int value) {
    out[0] = (char)('0' + value / 10);
    out[1] = (char)('0' + value % 10);
}

void http_date_format(int64_t seconds, char out[HTTP_DATE_SIZE]) {
    seconds = seconds < YEAR_0 ? YEAR_0 : seconds > YEAR_9999_END ? YEAR_9999_END : seconds;
    int64_t days = days_of(seconds);
    int of_day = (int)(seconds - days * DAY);
    int weekday = (int)((days % WEEKDAYS + WEEKDAYS + 4) % WEEKDAYS); /* the epoch was a Thursday */
    struct civil c = civil_from_days(days);
    memcpy(out, "Sun, 06 Nov 1994 08:49:37 GMT", HTTP_DATE_SIZE);
    memcpy(out, weekday_names[weekday], 3);
    put_two(out + 5, c.day);
    memcpy(out + 8, month_names[c.month - 1], 3);
    put_two(out + 12, (int)c.year / 100);
    put_two(out + 14, (int)c.year % 100);
    put_two(out + 17, of_day / 3600);
    put_two(out + 20, of_day / 60 % 60);
    put_two(out + 23, of_day % 60);
}

/* ---- Reading ---- */

/* What the three forms have in common, as it is collected. */
struct reading {
    struct civil civil;
    int hour, minute, second;
    bool two_digit_year;
};

static bool digit(char c) {
    return c >= '0' && c <= '9';
}

static bool read_number(const char **at, int digits, int *value) {
    *value = 0;
    for (int i = 0; i < digits; i++, ++*at) {
        if (!digit(**at)) {
            return false;
        }
        *value = *value * 10 + (**at - '0');
    }
    return true;
}

static bool read_text(const char **at, const char *text) {
    size_t length = strlen(text);
    if (strncmp(*at, text, length) != 0) {
        return false;
    }
    *at += length;
    return true;
}

/* A weekday must be one, but need not be the date's: it adds nothing, and senders err. */
static bool read_weekday(const char **at, bool whole) {
    for (int i = 0; i < WEEKDAYS; i++) {
        size_t length = whole ? strlen(weekday_names[i]) : 3;
        if (strncmp(*at, weekday_names[i], length) == 0) {
            *at += length;
            return true;
        }
    }
    return false;
}

static bool read_month(const char **at, int *month) {
    for (int i = 0; i < MONTHS; i++) {
        if (read_text(at, month_names[i])) {
            *month = i + 1;
            return true;
        }
    }
    return false;
}

static bool read_year(const char **at, int digits, struct reading *r) {
    int year;
    bool read = read_number(at, digits, &year);
    r->civil.year = year;
    r->two_digit_year = digits == 2;
    return read;
}

static bool read_time(const char **at, struct reading *r) {
    return read_number(at, 2, &r->hour) && read_text(at, ":") && read_number(at, 2, &r->minute) && read_text(at, ":") &&
           read_number(at, 2, &r->second);
}

/* "Sun, 06 Nov 1994 08:49:37 GMT" */
static bool read_fixdate(const char *at, struct reading *r) {
    return read_weekday(&at, false) && read_text(&at, ", ") && read_number(&at, 2, &r->civil.day) &&
           read_text(&at, " ") && read_month(&at, &r->civil.month) && read_text(&at, " ") && read_year(&at, 4, r) &&
           read_text(&at, " ") && read_time(&at, r) && read_text(&at, " GMT") && *at == '\0';
}

/* "Sunday, 06-Nov-94 08:49:37 GMT" */
static bool read_rfc850(const char *at, struct reading *r) {
    return read_weekday(&at, true) && read_text(&at, ", ") && read_number(&at, 2, &r->civil.day) &&
           read_text(&at, "-") && read_month(&at, &r->civil.month) && read_text(&at, "-") && read_year(&at, 2, r) &&
           read_text(&at, " ") && read_time(&at, r) && read_text(&at, " GMT") && *at == '\0';
}

/* "Sun Nov  6 08:49:37 1994" */
static bool read_asctime(const char *at, struct reading *r) {
    return read_weekday(&at, false) && read_text(&at, " ") && read_month(&at, &r->civil.month) && read_text(&at, " ") &&
           read_number(&at, *at == ' ' ? (at++, 1) : 2, &r->civil.day) && read_text(&at, " ") && read_time(&at, r) &&
           read_text(&at, " ") && read_year(&at, 4, r) && *at == '\0';
}

static bool leap(int64_t year) {
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static bool exists(const struct reading *r) {
    static const int lengths[MONTHS] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int last = lengths[r->civil.month - 1] + (r->civil.month == 2 && leap(r->civil.year));
    return r->civil.day >= 1 && r->civil.day <= last && r->hour <= 23 && r->minute <= 59 &&
           r->second <= 60; /* 60: a leap second, which counts as the next */
}

static int64_t seconds_of(const struct reading *r) {
    return days_from_civil(r->civil) * DAY + r->hour * INT64_C(3600) + r->minute * INT64_C(60) + r->second;
}

/* Fills in the century: the latest that is at most 50 years ahead of `now`, to the second. */
static void complete_year(struct reading *r, int64_t now) {
    struct civil limit = civil_from_days(days_of(now));
    limit.year += FUTURE_YEARS;
    int64_t latest = days_from_civil(limit) * DAY + (now - days_of(now) * DAY);
    r->civil.year = limit.year - (limit.year - r->civil.year) % 100;
    if (seconds_of(r) > latest) {
        r->civil.year -= 100;
    }
}

int http_date_parse(const char *text, int64_t now, int64_t *seconds) {
    struct reading r = {0};
    if (!read_fixdate(text, &r) && !read_rfc850(text, &r) && !read_asctime(text, &r)) {
        return -EINVAL;
    }
    if (r.two_digit_year) {
        complete_year(&r, now < 0 ? 0 : now > YEAR_9999_END ? YEAR_9999_END : now);
    }
    if (!exists(&r)) {
        return -EINVAL;
    }
    *seconds = seconds_of(&r);
    return 0;
}
