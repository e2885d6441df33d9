// List queries through the SDK: every operator, groups, order, pages.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Cocobase, CocobaseError } from "cocobase";
import { CASES, PEOPLE } from "./cases.js";
import { API_KEY, startServer } from "./server.js";

describe("lists", () => {
  let server;
  let db;
  before(async () => {
    server = await startServer();
    db = new Cocobase({ baseURL: server.url, apiKey: API_KEY });
    for (const person of PEOPLE) await db.createDocument("people", person);
  });
  after(() => server?.stop());

  const names = (documents) => documents.map(({ data }) => data.name).join(" ");

  for (const [filters, expected] of CASES) {
    test(`people where ${JSON.stringify(filters)}`, async () => {
      const query = { filters, sort: "name", order: "asc" };
      assert.equal(names(await db.listDocuments("people", query)), expected);
      assert.equal((await db.countDocuments("people", { filters })).count, expected.split(" ").length);
    });
  }

  test("order follows the field's type, either way", async () => {
    const filters = { age_isnull: false };
    for (const [sort, order, expected] of [
      ["age", "asc", "Dan Bob Eve Ada Cyd"],
      ["age", "desc", "Cyd Ada Eve Bob Dan"],
      ["name", "desc", "Eve Dan Cyd Bob Ada"],
      ["created_at", "asc", "Ada Bob Cyd Dan Eve"],
      ["created_at", "desc", "Eve Dan Cyd Bob Ada"],
    ]) {
      const found = await db.listDocuments("people", { filters, sort, order });
      assert.equal(names(found), expected, `${sort} ${order}`);
    }
    // The SDK's own default, sent with every sort.
    assert.equal(names(await db.listDocuments("people", { filters, sort: "age" })), "Cyd Ada Eve Bob Dan");
  });

  test("limit and offset cut a page out of the order", async () => {
    const page = (limit, offset) =>
      db.listDocuments("people", { sort: "name", order: "asc", limit, offset }).then(names);
    assert.equal(await page(2, 0), "Ada Bob");
    assert.equal(await page(2, 2), "Cyd Dan");
    assert.equal(await page(4, 4), "Eve Fay");
    assert.equal(await page(2, 6), "");
  });

  test("the paginator walks forth and back", async () => {
    const pager = db.paginate("people", { sort: "name", order: "asc" }, 4);
    const first = await pager.nextPage();
    assert.deepEqual([names(first.data), first.hasMore, first.page], ["Ada Bob Cyd Dan", true, 0]);
    const second = await pager.nextPage();
    assert.deepEqual([names(second.data), second.hasMore, second.page], ["Eve Fay", false, 1]);
    assert.equal(pager.hasMore, false);
    assert.equal(names((await pager.prevPage()).data), "Ada Bob Cyd Dan");
    assert.equal(names((await pager.goToPage(1)).data), "Eve Fay");
  });

  test("what the server cannot do it refuses by name, rather than find nothing", async () => {
    for (const unsupported of [{ select: ["name"] }, { populate: "author" }]) {
      await assert.rejects(db.listDocuments("people", unsupported), (error) => {
        assert.ok(error instanceof CocobaseError && error.statusCode < 500, String(error));
        assert.ok(error.detail.message.includes(Object.keys(unsupported)[0]), error.detail.message);
        return true;
      });
    }
  });
});
