// One table of filters, read by the list tests and by the watch tests: a live query and a list query agree.

/** In order of `name`; each list and watch test creates them in this order. */
export const PEOPLE = [
  { name: "Ada", email: "ada@example.com", age: 36, role: "admin", status: "active", vip: true, home: { city: "London" } },
  { name: "Bob", email: "bob@mail.org", age: 17, role: "user", status: "active", vip: false, home: { city: "Paris" } },
  { name: "Cyd", email: "cyd@Example.com", age: 65, role: "moderator", status: "inactive", deleted_at: null },
  { name: "Dan", email: "ADMIN@mail.org", age: 9, role: "user", status: "banned", deleted_at: "2024-05-01T00:00:00Z" },
  { name: "Eve", email: "eve@mail.org", age: 18, role: "user", status: "active", vip: true, tags: ["new", "beta"] },
  { name: "Fay", email: "fay@mail.org", role: "admin", logged_in: true },
];

/** What is asked, and the names of whom it finds. */
export const CASES = [
  [{}, "Ada Bob Cyd Dan Eve Fay"],
  [{ status: "active" }, "Ada Bob Eve"],
  [{ status_eq: "active" }, "Ada Bob Eve"],
  [{ age: 36 }, "Ada"],
  [{ vip: true }, "Ada Eve"],
  [{ status_ne: "active" }, "Cyd Dan"], // a missing field is not unequal
  [{ age_gt: 18 }, "Ada Cyd"],
  [{ age_gte: 18 }, "Ada Cyd Eve"],
  [{ age_gte: "18" }, "Ada Cyd Eve"], // numbers may come as text
  [{ age_lt: 18 }, "Bob Dan"], // by value: 9 is less than 18, "9" is not
  [{ age_lte: 18 }, "Bob Dan Eve"],
  [{ email_contains: "EXAMPLE" }, "Ada Cyd"],
  [{ tags_contains: "beta" }, "Eve"],
  [{ email_startswith: "admin" }, "Dan"],
  [{ email_endswith: "@example.com" }, "Ada Cyd"],
  [{ role_in: "admin, moderator" }, "Ada Cyd Fay"],
  [{ role_notin: "admin,moderator" }, "Bob Dan Eve"],
  [{ deleted_at_isnull: true }, "Ada Bob Cyd Eve Fay"],
  [{ deleted_at_isnull: false }, "Dan"],
  [{ deleted_at_lt: "2025-01-01T00:00:00Z" }, "Dan"],
  [{ "home.city": "Paris" }, "Bob"],
  [{ logged_in_eq: true }, "Fay"],
  [{ status: "active", age_gte: 18 }, "Ada Eve"],
  [{ "[or]age_gte": 60, "[or]role": "admin" }, "Ada Cyd Fay"],
  [{ status: "active", "[or]age_lt": 18, "[or]email_contains": "ada" }, "Ada Bob"],
  [{ "[or:who]role": "user", "[or:who]age_gt": 60, "[or:how]vip": true, "[or:how]status": "inactive" }, "Cyd Eve"],
  [{ name__or__email_contains: "d" }, "Ada Cyd Dan"],
  [{ name__or__role: "admin" }, "Ada Fay"],
  [{ status: "active", name__or__email_startswith: "e" }, "Eve"],
];
